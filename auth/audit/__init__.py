"""The audit: what was asked, permitted, denied and read, on a chain of records that nobody can quietly change."""

from auth.audit.log import AuditLog
from auth.audit.record import AuditRecord, Facts
from auth.audit.subjects import SubjectHasher

__all__ = ["AuditLog", "AuditRecord", "Facts", "SubjectHasher"]
