-- An audit that proves itself, and limits that all gateways share.

-- Records written before there were chains stay where they can be read.
ALTER TABLE governance.audit_record RENAME TO audit_record_unchained;
ALTER INDEX governance.audit_record_pkey RENAME TO audit_record_unchained_pkey;
ALTER INDEX governance.audit_record_time RENAME TO audit_record_unchained_time;
ALTER INDEX governance.audit_record_client RENAME TO audit_record_unchained_client;
REVOKE INSERT ON governance.audit_record_unchained FROM lienthong_gateway;

-- What an operation asks for and what is read for it is the same on every run of a plan: it is kept once, under the
-- SHA-256 of its text. `json` keeps the text as it was given.
CREATE TABLE governance.audit_plan (
    digest      bytea PRIMARY KEY CHECK (length(digest) = 32),
    description json  NOT NULL
);
ALTER TABLE governance.audit_plan ALTER COLUMN digest SET STORAGE PLAIN;
COMMENT ON TABLE governance.audit_plan IS 'Nội dung truy vấn: trường được hỏi, được phép, bị từ chối; cột được đọc và lý do';

CREATE TABLE governance.audit_chain (
    chain      text        PRIMARY KEY,
    started_at timestamptz NOT NULL
);
COMMENT ON TABLE governance.audit_chain IS 'Chuỗi nhật ký: mỗi tiến trình ghi một chuỗi';

CREATE TABLE governance.audit_record (
    chain       text        NOT NULL,
    sequence    bigint      NOT NULL CHECK (sequence > 0),
    recorded_at timestamptz NOT NULL,
    trace_id    text        NOT NULL,
    actor       text,
    client_id   text,
    contract_id text,
    version     integer,
    purpose     text,
    plan        bytea       NOT NULL,
    row_counts  json        NOT NULL,
    subject_key text,
    subjects    bytea       NOT NULL CHECK (length(subjects) % 16 = 0),
    outcome     text        NOT NULL,
    codes       text[]      NOT NULL,
    hash        bytea       NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (chain, sequence)
) WITH (toast_tuple_target = 8160);
-- Hashes do not compress: neither try to, nor move them out of the row while it fits its page.
ALTER TABLE governance.audit_record ALTER COLUMN subjects SET STORAGE EXTERNAL;
COMMENT ON TABLE governance.audit_record IS
    'Nhật ký truy cập, móc nối bằng hàm băm: tên trường và giá trị băm có khóa của chủ thể, không bao giờ có giá trị';
CREATE INDEX audit_record_time ON governance.audit_record USING brin (recorded_at);
CREATE INDEX audit_record_client ON governance.audit_record (client_id, recorded_at);

CREATE FUNCTION governance.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.audit_record
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.audit_plan
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON governance.audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

CREATE FUNCTION governance.split_subjects(subjects bytea) RETURNS bytea[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(substring(subjects FROM place FOR 16) ORDER BY place), '{}')
        FROM generate_series(1, length(subjects), 16) place);

CREATE FUNCTION governance.texts(list json) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(item ORDER BY place), '{}')
        FROM json_array_elements_text(list) WITH ORDINALITY AS items (item, place));

CREATE VIEW governance.audit_entry AS
SELECT r.chain, r.sequence, r.recorded_at, r.trace_id, r.actor, r.client_id, r.contract_id, r.version, r.purpose,
       p.description ->> 'operation_type' AS operation_type,
       p.description ->> 'operation_name' AS operation_name,
       p.description ->> 'document' AS document,
       governance.texts(p.description -> 'requested') AS requested,
       governance.texts(p.description -> 'granted') AS granted,
       governance.texts(p.description -> 'denied') AS denied,
       governance.texts(p.description -> 'sources') AS sources,
       governance.texts(p.description -> 'reads') AS reads,
       p.description ->> 'note' AS note,
       r.row_counts, r.subject_key, governance.split_subjects(r.subjects) AS subjects, r.outcome, r.codes
FROM governance.audit_record r JOIN governance.audit_plan p ON p.digest = r.plan;
COMMENT ON VIEW governance.audit_entry IS 'Nhật ký truy cập kèm nội dung truy vấn, để đọc';

-- Distinct subjects of a contract and day. One contract's counts happen one after the other, under the lock of its row
-- for the day; all of the given subjects are counted, or none when the allowed number would be passed.
CREATE TABLE governance.subject_day (
    contract_id text    NOT NULL,
    day         date    NOT NULL,
    subjects    integer NOT NULL,
    PRIMARY KEY (contract_id, day)
);
CREATE TABLE governance.subject_seen (
    contract_id text  NOT NULL,
    day         date  NOT NULL,
    subject     bytea NOT NULL,
    PRIMARY KEY (contract_id, day, subject)
);
COMMENT ON TABLE governance.subject_day IS 'Số công dân khác nhau đã khai thác trong ngày, theo hợp đồng';

CREATE FUNCTION governance.count_subjects(contract text, today date, given bytea[], allowed integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    used  integer;
    fresh integer;
BEGIN
    INSERT INTO governance.subject_day VALUES (contract, today, 0) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        DELETE FROM governance.subject_seen WHERE contract_id = contract AND day < today - 1;
    END IF;
    SELECT subjects INTO STRICT used FROM governance.subject_day
        WHERE contract_id = contract AND day = today FOR UPDATE;
    SELECT count(*) INTO fresh FROM unnest(given) AS one (subject)
        WHERE NOT EXISTS (SELECT FROM governance.subject_seen s
                          WHERE s.contract_id = contract AND s.day = today AND s.subject = one.subject);
    IF fresh > 0 AND used + fresh > allowed THEN
        RETURN false;
    END IF;
    INSERT INTO governance.subject_seen SELECT contract, today, unnest(given) ON CONFLICT DO NOTHING;
    UPDATE governance.subject_day SET subjects = used + fresh WHERE contract_id = contract AND day = today;
    RETURN true;
END
$$;

-- Requests of a contract in the running minute of this server's clock. Gateways take leases, so that not every request
-- has to ask. Unlogged: after a crash the minute begins anew.
CREATE UNLOGGED TABLE governance.request_minute (
    contract_id text        PRIMARY KEY,
    minute      timestamptz NOT NULL,
    taken       integer     NOT NULL
);
COMMENT ON TABLE governance.request_minute IS 'Số yêu cầu trong phút hiện tại, theo hợp đồng';

CREATE FUNCTION governance.lease_requests(contract text, allowed integer, share integer,
                                          OUT leased integer, OUT seconds_left double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    present timestamptz := clock_timestamp();
    this    timestamptz := date_trunc('minute', present);
    used    integer;
BEGIN
    INSERT INTO governance.request_minute VALUES (contract, this, 0) ON CONFLICT DO NOTHING;
    SELECT CASE WHEN minute = this THEN taken ELSE 0 END INTO STRICT used
        FROM governance.request_minute WHERE contract_id = contract FOR UPDATE;
    leased := CASE WHEN used >= allowed THEN 0 ELSE greatest(1, (allowed - used) / share) END;
    UPDATE governance.request_minute SET minute = this, taken = used + leased WHERE contract_id = contract;
    seconds_left := extract(epoch FROM this + interval '1 minute' - present);
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lienthong_auditor') THEN
        CREATE ROLE lienthong_auditor LOGIN;
    END IF;
END
$$;
ALTER ROLE lienthong_auditor SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA governance TO lienthong_auditor;
GRANT SELECT ON governance.audit_record, governance.audit_plan, governance.audit_chain, governance.audit_entry,
    governance.audit_record_unchained TO lienthong_auditor;
GRANT INSERT ON governance.audit_record, governance.audit_plan, governance.audit_chain TO lienthong_gateway;
REVOKE EXECUTE ON FUNCTION governance.count_subjects, governance.lease_requests FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance.count_subjects, governance.lease_requests TO lienthong_gateway;
