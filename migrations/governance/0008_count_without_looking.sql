-- Distinct subjects of a contract and day, counted by the insertion itself. A statement that looks for those who are not
-- there yet was planned in a session's first moments, when the table was all but empty, and read the whole of it ever after;
-- an insertion always goes by the key.

-- How many of the given subjects are not counted yet. These settings leave the planner nothing but the key.
CREATE FUNCTION governance.uncounted_subjects(contract text, today date, given bytea[]) RETURNS integer
LANGUAGE sql VOLATILE SET search_path = '' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
RETURN (SELECT count(DISTINCT one.subject) FROM unnest(given) AS one (subject)
        WHERE NOT EXISTS (SELECT FROM governance.subject_seen s
                          WHERE s.contract_id = contract AND s.day = today AND s.subject = one.subject));
REVOKE EXECUTE ON FUNCTION governance.uncounted_subjects FROM PUBLIC;

CREATE OR REPLACE FUNCTION governance.count_subjects(contract text, today date, given bytea[], allowed integer)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    used  integer;
    fresh integer;
BEGIN
    SELECT subjects INTO used FROM governance.subject_day WHERE contract_id = contract AND day = today FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO governance.subject_day VALUES (contract, today, 0) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            DELETE FROM governance.subject_seen WHERE contract_id = contract AND day < today - 1;
        END IF;
        SELECT subjects INTO STRICT used FROM governance.subject_day
            WHERE contract_id = contract AND day = today FOR UPDATE;
    END IF;
    -- Only near the limit is it asked first who is new: a refusal writes nothing.
    IF used + cardinality(given) > allowed THEN
        fresh := governance.uncounted_subjects(contract, today, given);
        IF fresh > 0 AND used + fresh > allowed THEN
            RETURN false;
        END IF;
    END IF;
    INSERT INTO governance.subject_seen SELECT contract, today, unnest(given) ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS fresh = ROW_COUNT;
    IF fresh > 0 THEN
        UPDATE governance.subject_day SET subjects = used + fresh WHERE contract_id = contract AND day = today;
    END IF;
    RETURN true;
END
$$;
