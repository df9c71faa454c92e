-- Duties and rights: cases (errors in data, data shared back, support), notices, concealment, and who read whose data.
-- Personal values in cases are sealed by the service; whoever reads these tables learns states and hashes only.

CREATE TABLE governance.client_case (
    case_id       text        PRIMARY KEY CHECK (case_id ~ '^[0-9a-f]{24}$'),
    kind          text        NOT NULL CHECK (kind IN ('DATA_ERROR', 'SHARED_DATA', 'SUPPORT')),
    contract_id   text        NOT NULL,
    version       integer     NOT NULL,
    client_id     text        NOT NULL REFERENCES governance.client,
    purpose       text,
    scope         bytea       CHECK (length(scope) = 32),
    coordinate    text        CHECK ((kind = 'SUPPORT') = (coordinate IS NULL)),
    source        text        CHECK ((kind = 'SUPPORT') = (source IS NULL)),
    subject       bytea       CHECK ((kind = 'SUPPORT') = (subject IS NULL)),
    subject_key   text,
    subject_hash  bytea       CHECK (length(subject_hash) = 16),
    channel       text        CHECK (channel IN ('EMAIL', 'PHONE', 'IN_PERSON', 'IN_WRITING', 'CONSOLE')),
    severity      text        CHECK (severity IN ('LOW', 'NORMAL', 'HIGH', 'CRITICAL')),
    content       bytea       NOT NULL,
    reference     bytea       CHECK (length(reference) = 32),
    digest        bytea       NOT NULL CHECK (length(digest) = 32),
    state         text        NOT NULL,
    opened_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (contract_id, version) REFERENCES governance.contract,
    CHECK ((kind = 'SUPPORT') = (channel IS NOT NULL AND severity IS NOT NULL)),
    CHECK (state IN ('OPEN', 'IN_PROGRESS', 'CORRECTED', 'REJECTED', 'PROPOSED', 'CHECKING', 'ACCEPTED', 'ANSWERED', 'CLOSED')),
    UNIQUE (contract_id, reference)
);
COMMENT ON TABLE governance.client_case IS
    'Báo lỗi dữ liệu, chia sẻ ngược (Điều 4), yêu cầu hỗ trợ; số định danh, nội dung được niêm phong';
COMMENT ON COLUMN governance.client_case.scope IS 'Giá trị băm của phạm vi bản ghi lúc gửi: phạm vi khác thì không xem lại được';
COMMENT ON COLUMN governance.client_case.reference IS 'Giá trị băm có khóa của số tham chiếu do đơn vị đặt: gửi lại không tạo hồ sơ thứ hai';
CREATE INDEX client_case_contract ON governance.client_case (contract_id, opened_at DESC, case_id);
CREATE INDEX client_case_subject ON governance.client_case (subject_hash);

-- The thread and the history in one: every message and every step, oldest first.
CREATE TABLE governance.case_entry (
    entry_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id    text        NOT NULL REFERENCES governance.client_case,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor      text        NOT NULL,
    party      text        NOT NULL CHECK (party IN ('CLIENT', 'AGENCY', 'OWNER')),
    act        text        NOT NULL,
    from_state text,
    to_state   text        NOT NULL,
    message    bytea
);
CREATE INDEX case_entry_case ON governance.case_entry (case_id, entry_id);
COMMENT ON TABLE governance.case_entry IS 'Trao đổi và lịch sử của hồ sơ; chỉ thêm';

CREATE TABLE governance.case_attachment (
    attachment_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id       text        NOT NULL REFERENCES governance.client_case,
    name          bytea       NOT NULL,
    media_type    text        NOT NULL,
    size          integer     NOT NULL,
    sha256        bytea       NOT NULL CHECK (length(sha256) = 32),
    content       bytea       NOT NULL,
    attached_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX case_attachment_case ON governance.case_attachment (case_id, attachment_id);
ALTER TABLE governance.case_attachment ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE governance.case_attachment IS 'Tài liệu chứng minh, được niêm phong; sha256 là của nội dung trước khi niêm phong';

CREATE TABLE governance.notice (
    notice_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind IN ('MAINTENANCE', 'SUSPENSION')),
    contracts     text[]      CHECK (cardinality(contracts) > 0),
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz,
    text_vi       text        NOT NULL CHECK (text_vi <> ''),
    text_en       text        NOT NULL CHECK (text_en <> ''),
    force_majeure text        CHECK (force_majeure <> ''),
    published_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor         text        NOT NULL,
    withdrawn_at  timestamptz,
    withdrawal    text        CHECK (withdrawal <> ''),
    CHECK ((withdrawn_at IS NULL) = (withdrawal IS NULL)),
    CHECK (ends_at IS NULL OR starts_at < ends_at),
    CHECK (kind <> 'SUSPENSION' OR contracts IS NOT NULL)
);
CREATE INDEX notice_time ON governance.notice (starts_at);
COMMENT ON TABLE governance.notice IS 'Thông báo bảo trì, tạm ngừng; trống hợp đồng: gửi mọi đơn vị';
COMMENT ON COLUMN governance.notice.force_majeure IS 'Lý do bất khả kháng; trống: đã báo trước ít nhất 7 ngày làm việc';

CREATE TABLE governance.concealment (
    concealment_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    contract_id    text        NOT NULL,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    reason         text        NOT NULL CHECK (reason <> ''),
    actor          text        NOT NULL,
    set_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    lifted_at      timestamptz,
    lifted_by      text,
    CHECK (starts_at < ends_at),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE INDEX concealment_contract ON governance.concealment (contract_id);
COMMENT ON TABLE governance.concealment IS
    'Tạm che lượt đọc theo một hợp đồng khỏi mục công dân tự xem: có thời hạn, lý do, người quyết định';

-- Which records of the audit tell of a citizen: made from the chains after the fact, off the path of a request.
CREATE TABLE governance.subject_chain (
    chain_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain    text    NOT NULL UNIQUE,
    sequence bigint  NOT NULL DEFAULT 0
);
CREATE TABLE governance.subject_read (
    subject     bytea       NOT NULL CHECK (length(subject) = 16),
    recorded_at timestamptz NOT NULL,
    chain_no    integer     NOT NULL,
    sequence    bigint      NOT NULL,
    PRIMARY KEY (subject, recorded_at, chain_no, sequence)
);
COMMENT ON TABLE governance.subject_chain IS 'Chuỗi nhật ký đã được lập chỉ mục đến bản ghi nào';
COMMENT ON TABLE governance.subject_read IS 'Chỉ mục: bản ghi nhật ký nào nói về công dân nào (giá trị băm có khóa)';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.case_entry
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.case_attachment
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

GRANT SELECT, INSERT ON governance.client_case, governance.case_entry, governance.case_attachment, governance.notice,
    governance.concealment, governance.subject_chain, governance.subject_read TO lienthong_process;
GRANT UPDATE (state) ON governance.client_case TO lienthong_process;
GRANT UPDATE (withdrawn_at, withdrawal) ON governance.notice TO lienthong_process;
GRANT UPDATE (lifted_at, lifted_by) ON governance.concealment TO lienthong_process;
GRANT UPDATE (sequence) ON governance.subject_chain TO lienthong_process;
GRANT SELECT ON governance.notice TO lienthong_gateway;
