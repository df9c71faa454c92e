-- The circular's whole process: who takes part, requests, the steps that a contract version went through, and what each
-- party said of it. The gateway's own role sees none of it: `lienthong_process` serves the console and its operations.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lienthong_process') THEN
        CREATE ROLE lienthong_process LOGIN;
    END IF;
END
$$;

-- Accounts. A password is kept as a PHC string (Argon2id); without one an account signs in by a key only.
CREATE TABLE governance.account (
    account_id text        PRIMARY KEY CHECK (account_id ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    name       text        NOT NULL CHECK (name <> ''),
    roles      text[]      NOT NULL CHECK (roles <@ ARRAY['UNIT_OFFICER', 'REVIEWER', 'APPROVER', 'CYBER_SECURITY',
                                           'TECHNICAL_SECURITY', 'SOURCE_OWNER', 'AUDITOR', 'OPERATOR']),
    client_id  text        REFERENCES governance.client,
    sources    text[]      NOT NULL DEFAULT '{}',
    password   text,
    active     boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (('UNIT_OFFICER' = ANY (roles)) = (client_id IS NOT NULL)),
    CHECK (('SOURCE_OWNER' = ANY (roles)) = (cardinality(sources) > 0))
);
COMMENT ON TABLE governance.account IS 'Tài khoản của người tham gia quy trình; một người có thể giữ nhiều vai trò';
COMMENT ON COLUMN governance.account.client_id IS 'Đơn vị của cán bộ phụ trách kết nối';
COMMENT ON COLUMN governance.account.sources IS 'Cơ sở dữ liệu chuyên ngành mà tài khoản đại diện chủ quản';

CREATE TABLE governance.account_key (
    key_id        text        PRIMARY KEY,
    account_id    text        NOT NULL REFERENCES governance.account,
    secret_sha256 bytea       NOT NULL CHECK (length(secret_sha256) = 32),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz
);
COMMENT ON TABLE governance.account_key IS 'Khóa của tài khoản, cho dòng lệnh và GraphQL: chỉ lưu giá trị băm';

-- The life cycle. The request is what the unit asks for; the columns and parts that enforcement reads are derived from it.
ALTER TABLE governance.contract DROP CONSTRAINT contract_state_check;
ALTER TABLE governance.contract ADD CONSTRAINT contract_state_check CHECK (state IN (
    'DRAFT', 'SUBMITTED', 'NEEDS_INFO', 'UNDER_REVIEW', 'TECHNICAL_TEST', 'SECURITY_CHECK', 'APPROVED', 'ACTIVE',
    'SUSPENDED', 'TERMINATED', 'EXPIRED', 'SUPERSEDED', 'REJECTED', 'WITHDRAWN'));
ALTER TABLE governance.contract ADD COLUMN request json;
COMMENT ON COLUMN governance.contract.request IS 'Nội dung đề nghị kết nối; trống: hợp đồng không qua quy trình này';

-- One version at a time is under way: a change is asked for anew when the one before is decided.
CREATE UNIQUE INDEX contract_under_way ON governance.contract (contract_id) WHERE state IN (
    'DRAFT', 'SUBMITTED', 'NEEDS_INFO', 'UNDER_REVIEW', 'TECHNICAL_TEST', 'SECURITY_CHECK', 'APPROVED')
    AND request IS NOT NULL;

-- A request may be changed as long as the unit holds it: as a draft, and when it was sent back.
CREATE OR REPLACE FUNCTION governance.keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('DRAFT', 'NEEDS_INFO')
       AND (TG_OP = 'DELETE' OR to_jsonb(OLD) - 'state' <> to_jsonb(NEW) - 'state') THEN
        RAISE EXCEPTION 'version % of contract % is immutable', OLD.version, OLD.contract_id
            USING HINT = 'install a new version';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE OR REPLACE FUNCTION governance.keep_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT DISTINCT c.contract_id, c.version FROM parts JOIN governance.contract c USING (contract_id, version)
               WHERE c.state NOT IN ('DRAFT', 'NEEDS_INFO')
    LOOP
        RAISE EXCEPTION 'version % of contract % is immutable', one.version, one.contract_id
            USING HINT = 'install a new version';
    END LOOP;
    RETURN NULL;
END
$$;

-- The history: every step of a version with who, when, from, to and why. `request` is kept where it was handed in.
CREATE TABLE governance.step (
    step_id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id    text        NOT NULL,
    version        integer     NOT NULL,
    taken_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor          text        NOT NULL,
    role           text        NOT NULL,
    move           text        NOT NULL,
    from_state     text,
    to_state       text        NOT NULL,
    reason         text,
    request_sha256 bytea       CHECK (length(request_sha256) = 32),
    request        json,
    FOREIGN KEY (contract_id, version) REFERENCES governance.contract
);
CREATE INDEX step_contract ON governance.step (contract_id, version, step_id);
COMMENT ON TABLE governance.step IS 'Lịch sử hợp đồng: ai, khi nào, từ đâu, đến đâu, vì sao; chỉ thêm';

-- What the security bodies and the owners of specialised databases said. A finding holds for the request that it was
-- made of, by its hash: one that changes needs new ones.
CREATE TABLE governance.finding (
    finding_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id    text        NOT NULL,
    version        integer     NOT NULL,
    kind           text        NOT NULL CHECK (kind IN ('CYBER_SECURITY', 'TECHNICAL_SECURITY', 'SOURCE_OWNER')),
    source         text        CHECK ((kind = 'SOURCE_OWNER') = (source IS NOT NULL)),
    passed         boolean     NOT NULL,
    note           text        NOT NULL CHECK (note <> ''),
    request_sha256 bytea       NOT NULL CHECK (length(request_sha256) = 32),
    actor          text        NOT NULL,
    made_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (contract_id, version) REFERENCES governance.contract
);
CREATE INDEX finding_contract ON governance.finding (contract_id, version, finding_id);
COMMENT ON TABLE governance.finding IS
    'Kết luận kiểm tra an ninh của hai cơ quan và ý kiến của chủ quản cơ sở dữ liệu chuyên ngành; chỉ thêm';

CREATE TABLE governance.attachment (
    attachment_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id   text        NOT NULL,
    version       integer     NOT NULL,
    name          text        NOT NULL CHECK (name <> ''),
    media_type    text        NOT NULL,
    sha256        bytea       NOT NULL CHECK (sha256 = sha256(content)),
    content       bytea       NOT NULL,
    actor         text        NOT NULL,
    attached_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at    timestamptz,
    FOREIGN KEY (contract_id, version) REFERENCES governance.contract
);
CREATE INDEX attachment_contract ON governance.attachment (contract_id, version);
ALTER TABLE governance.attachment ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE governance.attachment IS 'Tài liệu kèm theo đề nghị';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.step
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.finding
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

-- A key serves production or the sandbox, never both.
ALTER TABLE governance.api_key ADD COLUMN environment text NOT NULL DEFAULT 'production'
    CHECK (environment IN ('production', 'sandbox'));
COMMENT ON COLUMN governance.api_key.environment IS 'Môi trường: khai thác thật (production) hoặc thử nghiệm (sandbox)';

GRANT USAGE ON SCHEMA governance TO lienthong_process;
GRANT SELECT ON ALL TABLES IN SCHEMA governance TO lienthong_process;
GRANT INSERT ON governance.client, governance.contract, governance.purpose, governance.field_grant,
    governance.stored_document, governance.api_key, governance.step, governance.finding, governance.attachment,
    governance.account_key, governance.audit_record, governance.audit_plan, governance.audit_chain TO lienthong_process;
GRANT UPDATE (state, title, unpermitted, services, row_scope, limits, valid_from, valid_to, allow_list_only, request)
    ON governance.contract TO lienthong_process;
GRANT DELETE ON governance.purpose, governance.field_grant, governance.stored_document TO lienthong_process;
GRANT UPDATE (expires_at, revoked_at) ON governance.api_key, governance.account_key TO lienthong_process;
GRANT UPDATE (removed_at) ON governance.attachment TO lienthong_process;
GRANT UPDATE (name) ON governance.client TO lienthong_process;
