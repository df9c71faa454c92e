-- A change says when it was made, by this database's clock, so that a gateway can tell how long it took to reach it.

CREATE OR REPLACE FUNCTION governance.announce_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('lienthong_governance', TG_TABLE_NAME || ' ' || extract(epoch FROM clock_timestamp()));
    RETURN NULL;
END
$$;
