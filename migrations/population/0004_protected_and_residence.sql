-- Protected persons: address and contacts are given to contracts with a special grant only.

ALTER TABLE population.citizen ADD COLUMN protected boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN population.citizen.protected IS
    'Người được bảo vệ: nơi ở và liên hệ chỉ dành cho hợp đồng có quyền đặc biệt';
ALTER TABLE population.household ADD COLUMN protected boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN population.household.protected IS
    'Hộ có người được bảo vệ; do trigger giữ, không sửa tay';

-- A household is protected as long as one of its members is. The rows are locked in the order of their numbers and
-- written even when nothing changes: of two transactions that flag and unflag members of one household, the second
-- sees what the first did, or fails where its isolation level does not let it see.
CREATE FUNCTION population.keep_household_protected() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    former bigint := CASE WHEN TG_OP <> 'INSERT' THEN OLD.household_id END;
    flagged bigint := CASE WHEN TG_OP <> 'DELETE' AND NEW.protected THEN NEW.household_id END;
BEGIN
    PERFORM FROM population.household WHERE household_id IN (former, flagged) ORDER BY household_id FOR UPDATE;
    UPDATE population.household h
    SET protected = CASE WHEN h.household_id = flagged THEN true ELSE
        EXISTS (SELECT FROM population.citizen c WHERE c.household_id = h.household_id AND c.protected) END
    WHERE h.household_id IN (former, flagged);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION population.keep_household_protected() IS
    'Giữ household.protected theo thành viên của hộ';
CREATE TRIGGER household_protected_inserted AFTER INSERT ON population.citizen
    FOR EACH ROW WHEN (NEW.protected AND NEW.household_id IS NOT NULL)
    EXECUTE FUNCTION population.keep_household_protected();
CREATE TRIGGER household_protected_updated AFTER UPDATE OF protected, household_id ON population.citizen
    FOR EACH ROW WHEN ((OLD.protected OR NEW.protected)
        AND (OLD.protected, OLD.household_id) IS DISTINCT FROM (NEW.protected, NEW.household_id))
    EXECUTE FUNCTION population.keep_household_protected();
CREATE TRIGGER household_protected_deleted AFTER DELETE ON population.citizen
    FOR EACH ROW WHEN (OLD.protected AND OLD.household_id IS NOT NULL)
    EXECUTE FUNCTION population.keep_household_protected();

-- What is on record of a citizen's residence (terms of the Law on Residence, 68/2020/QH14, Article 2). Several may be
-- true: who lives for a time elsewhere stays registered at home. A declared absence counts as long as it is on record.
ALTER TABLE population.citizen ADD COLUMN residence_status text[] NOT NULL GENERATED ALWAYS AS (
    array_remove(ARRAY[
        CASE WHEN permanent_country_code IS NOT NULL THEN 'PERMANENT' END,
        CASE WHEN temporary_country_code IS NOT NULL THEN 'TEMPORARY' END,
        CASE WHEN absence_from IS NOT NULL THEN 'ABSENT' END,
        CASE WHEN permanent_country_code IS NULL AND temporary_country_code IS NULL THEN 'UNREGISTERED' END], NULL)
) STORED;
COMMENT ON COLUMN population.citizen.residence_status IS
    'Khoản 16, 17, 19: tình trạng cư trú (PERMANENT thường trú, TEMPORARY tạm trú, ABSENT khai báo tạm vắng, UNREGISTERED không có cả nơi thường trú và nơi tạm trú)';
