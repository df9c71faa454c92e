-- Tests in the sandbox have audit chains of their own. What they showed is found without reading production's records.

CREATE INDEX audit_record_sandbox ON governance.audit_record (contract_id, version, recorded_at)
    WHERE chain LIKE 'sandbox-%';
CREATE INDEX audit_record_sandbox_actor ON governance.audit_record (actor, recorded_at)
    WHERE chain LIKE 'sandbox-%' AND actor IS NOT NULL;
