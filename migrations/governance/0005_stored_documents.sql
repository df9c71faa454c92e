-- Operations that a contract version lists. A document belongs to its version like a grant: it is never changed.

ALTER TABLE governance.contract ADD COLUMN allow_list_only boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN governance.contract.allow_list_only IS 'Chỉ chạy các truy vấn đã lưu trong hợp đồng';

CREATE TABLE governance.stored_document (
    contract_id text    NOT NULL,
    version     integer NOT NULL,
    sha256      bytea   NOT NULL,
    document    text    NOT NULL,
    PRIMARY KEY (contract_id, version, sha256),
    FOREIGN KEY (contract_id, version) REFERENCES governance.contract,
    CHECK (sha256 = sha256(convert_to(document, 'UTF8')))
);
COMMENT ON TABLE governance.stored_document IS 'Truy vấn đã lưu của phiên bản hợp đồng';

CREATE TRIGGER announce AFTER INSERT OR UPDATE OR DELETE ON governance.stored_document
    FOR EACH STATEMENT EXECUTE FUNCTION governance.announce_change();

GRANT SELECT ON governance.stored_document TO lienthong_gateway;
