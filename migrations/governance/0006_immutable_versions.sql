-- A contract version is immutable: once it is more than a draft, only its state may move.

CREATE FUNCTION governance.keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'DRAFT' AND (TG_OP = 'DELETE' OR to_jsonb(OLD) - 'state' <> to_jsonb(NEW) - 'state') THEN
        RAISE EXCEPTION 'version % of contract % is immutable', OLD.version, OLD.contract_id
            USING HINT = 'install a new version';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON governance.contract
    FOR EACH ROW EXECUTE FUNCTION governance.keep_version();

CREATE FUNCTION governance.keep_parts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT DISTINCT c.contract_id, c.version FROM parts JOIN governance.contract c USING (contract_id, version)
               WHERE c.state <> 'DRAFT'
    LOOP
        RAISE EXCEPTION 'version % of contract % is immutable', one.version, one.contract_id
            USING HINT = 'install a new version';
    END LOOP;
    RETURN NULL;
END
$$;
DO $$
DECLARE
    part text;
BEGIN
    FOREACH part IN ARRAY ARRAY['purpose', 'field_grant', 'stored_document'] LOOP
        EXECUTE format('CREATE TRIGGER immutable_added AFTER INSERT ON governance.%I '
                       'REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION governance.keep_parts()', part);
        EXECUTE format('CREATE TRIGGER immutable_changed AFTER UPDATE ON governance.%I '
                       'REFERENCING OLD TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION governance.keep_parts()', part);
        EXECUTE format('CREATE TRIGGER immutable_removed AFTER DELETE ON governance.%I '
                       'REFERENCING OLD TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION governance.keep_parts()', part);
    END LOOP;
END
$$;
