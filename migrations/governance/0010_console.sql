-- The web console: sessions of those who signed in, and accounts that an operator keeps there.

CREATE TABLE governance.console_session (
    token_sha256 bytea       PRIMARY KEY CHECK (length(token_sha256) = 32),
    account_id   text        NOT NULL REFERENCES governance.account,
    began_at     timestamptz NOT NULL DEFAULT now(),
    used_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX console_session_account ON governance.console_session (account_id);
COMMENT ON TABLE governance.console_session IS 'Phiên làm việc trên trang quản trị: chỉ lưu giá trị băm của mã phiên';

-- Whoever is shut out, or whose password was replaced, is out at once, whichever way the account was changed.
CREATE FUNCTION governance.end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM governance.console_session WHERE account_id = NEW.account_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER end_sessions AFTER UPDATE ON governance.account
    FOR EACH ROW WHEN (NOT NEW.active OR OLD.password IS DISTINCT FROM NEW.password)
    EXECUTE FUNCTION governance.end_sessions();

GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON governance.console_session TO lienthong_process;
-- Operators make and close accounts in the console, which has no other role than this one. An account is never deleted:
-- the history names it. Every such act is in the audit, which the role can only add to.
GRANT INSERT, UPDATE (name, roles, client_id, sources, password, active) ON governance.account TO lienthong_process;
