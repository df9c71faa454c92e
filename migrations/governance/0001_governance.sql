-- Contracts (Circular 46/2022/TT-BCA), credentials and the audit. The gateway reads contracts and only adds audit records.

CREATE SCHEMA governance;
COMMENT ON SCHEMA governance IS 'Hợp đồng khai thác, khóa truy cập và nhật ký truy cập';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lienthong_gateway') THEN
        CREATE ROLE lienthong_gateway LOGIN;
    END IF;
END
$$;

CREATE TABLE governance.client (
    client_id text PRIMARY KEY,
    name      text NOT NULL
);
COMMENT ON TABLE governance.client IS 'Đơn vị, hệ thống khai thác';

CREATE TABLE governance.contract (
    contract_id text        NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    client_id   text        NOT NULL REFERENCES governance.client,
    title       text        NOT NULL,
    state       text        NOT NULL CHECK (state IN ('DRAFT', 'ACTIVE', 'SUSPENDED', 'TERMINATED', 'EXPIRED', 'SUPERSEDED')),
    unpermitted text        NOT NULL DEFAULT 'hide' CHECK (unpermitted IN ('hide', 'null')),
    services    text[]      NOT NULL,
    row_scope   jsonb       NOT NULL DEFAULT '{}',
    limits      jsonb       NOT NULL DEFAULT '{}',
    valid_from  timestamptz NOT NULL,
    valid_to    timestamptz NOT NULL,
    PRIMARY KEY (contract_id, version),
    CHECK (valid_from < valid_to)
);
COMMENT ON TABLE governance.contract IS 'Phiên bản hợp đồng; không sửa, chỉ thay bằng phiên bản mới';
CREATE UNIQUE INDEX contract_in_force ON governance.contract (contract_id) WHERE state IN ('ACTIVE', 'SUSPENDED');

CREATE TABLE governance.purpose (
    contract_id text    NOT NULL,
    version     integer NOT NULL,
    code        text    NOT NULL,
    text        text    NOT NULL,
    legal_basis text,
    PRIMARY KEY (contract_id, version, code),
    FOREIGN KEY (contract_id, version) REFERENCES governance.contract
);
COMMENT ON TABLE governance.purpose IS 'Mục đích khai thác';

CREATE TABLE governance.field_grant (
    contract_id text    NOT NULL,
    version     integer NOT NULL,
    purpose     text    NOT NULL,
    coordinate  text    NOT NULL,
    readable    boolean NOT NULL DEFAULT true,
    filterable  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (contract_id, version, purpose, coordinate),
    FOREIGN KEY (contract_id, version, purpose) REFERENCES governance.purpose,
    CHECK (readable OR filterable)
);
COMMENT ON TABLE governance.field_grant IS 'Trường thông tin được phép, theo mục đích';

CREATE TABLE governance.api_key (
    key_id        text        PRIMARY KEY,
    contract_id   text        NOT NULL,
    secret_sha256 bytea       NOT NULL CHECK (length(secret_sha256) = 32),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz
);
COMMENT ON TABLE governance.api_key IS 'Khóa truy cập: chỉ lưu giá trị băm';
CREATE INDEX api_key_contract ON governance.api_key (contract_id);

CREATE TABLE governance.audit_record (
    record_id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    trace_id       text        NOT NULL,
    client_id      text,
    contract_id    text,
    version        integer,
    purpose        text,
    operation_type text,
    operation_name text,
    document_hash  bytea,
    requested      text[]      NOT NULL,
    granted        text[]      NOT NULL,
    denied         text[]      NOT NULL,
    sources        text[]      NOT NULL,
    row_counts     jsonb       NOT NULL,
    subjects       bytea[]     NOT NULL,
    outcome        text        NOT NULL,
    codes          text[]      NOT NULL
) WITH (toast_tuple_target = 8160);
-- Hashes do not compress: neither try to, nor move them out of the row while it fits its page.
ALTER TABLE governance.audit_record ALTER COLUMN subjects SET STORAGE EXTERNAL;
COMMENT ON TABLE governance.audit_record IS 'Nhật ký truy cập: tên trường và giá trị băm có khóa của chủ thể, không bao giờ có giá trị';
CREATE INDEX audit_record_time ON governance.audit_record (recorded_at);
CREATE INDEX audit_record_client ON governance.audit_record (client_id, recorded_at);

CREATE FUNCTION governance.announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lienthong_governance', TG_TABLE_NAME);
    RETURN NULL;
END
$$;
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON governance.client
    FOR EACH STATEMENT EXECUTE FUNCTION governance.announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON governance.contract
    FOR EACH STATEMENT EXECUTE FUNCTION governance.announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON governance.purpose
    FOR EACH STATEMENT EXECUTE FUNCTION governance.announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON governance.field_grant
    FOR EACH STATEMENT EXECUTE FUNCTION governance.announce_change();
CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON governance.api_key
    FOR EACH STATEMENT EXECUTE FUNCTION governance.announce_change();

GRANT USAGE ON SCHEMA governance TO lienthong_gateway;
GRANT SELECT ON governance.client, governance.contract, governance.purpose, governance.field_grant, governance.api_key
    TO lienthong_gateway;
GRANT INSERT ON governance.audit_record TO lienthong_gateway;
