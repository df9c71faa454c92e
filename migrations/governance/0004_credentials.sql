-- An API key may be bound to a client certificate; an access token names a client, whose contracts are then looked for.

ALTER TABLE governance.api_key ADD COLUMN certificate_sha256 bytea CHECK (length(certificate_sha256) = 32);
COMMENT ON COLUMN governance.api_key.certificate_sha256 IS 'SHA-256 của chứng thư số mà khóa gắn với; trống: không gắn';

CREATE INDEX contract_client ON governance.contract (client_id);
