"""What opens a case, checked for its form: an error in data, data shared back, a call for help."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from auth.contract import Permission
from auth.process.case import CaseKind, Channel, Severity
from auth.process.errors import CaseRefusedError

__all__ = ["MAX_TEXT", "Opening", "Reporter", "words_of"]

MAX_TEXT = 10_000
"""Characters of one text at most."""
_MAX_LINE = 200


def words_of(given: str | None, what: str, *, most: int = MAX_TEXT) -> str:
    """A text that must be there. Raises `CaseRefusedError` for an empty one, a long one and one with U+0000."""
    text = (given or "").strip()
    if not text:
        raise CaseRefusedError(f"`{what}` must not be empty")
    if len(text) > most or "\0" in text:
        raise CaseRefusedError(f"`{what}` takes at most {most} characters, none of them U+0000")
    return text


@dataclass(frozen=True, slots=True)
class Reporter:
    """A client in a request: its contract, the purpose, and what it reads. Other permissions see none of its cases."""

    contract_id: str
    version: int
    client_id: str
    purpose: str
    readable: frozenset[str]
    scope: bytes

    @classmethod
    def of(cls, permission: Permission) -> Reporter:
        """The client of a permission.

        `scope` is a digest of which rows and protected persons it reaches: under another one, no case is shown again.
        """
        contract = permission.contract
        reached = repr((sorted(contract.row_scope.items()), sorted(permission.protected)))
        return cls(
            contract.contract_id,
            contract.version,
            contract.client.client_id,
            permission.purpose,
            permission.readable,
            hashlib.sha256(reached.encode()).digest(),
        )

    @property
    def actor(self) -> str:
        """The client's name in histories and acts."""
        return f"client:{self.client_id}"


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to be opened. Of cases about data, whoever opens it has made sure that the client may see the subject.

    `content` has the texts (`Case` says which); `reference` is the client's own mark, by which a repetition is known;
    `attachment` is a document's name and bytes.
    """

    kind: CaseKind
    content: Mapping[str, str]
    coordinate: str | None = None
    source: str | None = None
    subject: str | None = None
    channel: Channel | None = None
    severity: Severity | None = None
    message: str | None = None
    reference: str | None = None
    attachment: tuple[str, bytes] | None = field(default=None, repr=False)

    @classmethod
    def data_error(
        cls, about: tuple[str, str, str], problem: str, evidence: str | None = None, reference: str | None = None
    ) -> Opening:
        """An error found in data; `about` is the subject's number, the coordinate and its source."""
        content = {"problem": words_of(problem, "problem")}
        if evidence is not None:
            content["evidence"] = words_of(evidence, "evidence")
        subject, coordinate, source = about
        return cls(CaseKind.DATA_ERROR, content, coordinate, source, subject, reference=_reference(reference))

    @classmethod
    def shared_data(cls, about: tuple[str, str, str], value: str, basis: str, reference: str | None = None) -> Opening:
        """A proposal for the population database: the value as text, and what it rests on."""
        content = {"value": words_of(value, "value"), "basis": words_of(basis, "basis")}
        subject, coordinate, source = about
        return cls(CaseKind.SHARED_DATA, content, coordinate, source, subject, reference=_reference(reference))

    @classmethod
    def support(
        cls, line: str, message: str, channel: Channel, severity: Severity, reference: str | None = None
    ) -> Opening:
        """A call for help: subject line and first message."""
        return cls(
            CaseKind.SUPPORT,
            {"line": words_of(line, "subject", most=_MAX_LINE)},
            channel=channel,
            severity=severity,
            message=words_of(message, "text"),
            reference=_reference(reference),
        )

    def with_attachment(self, name: str, content: bytes) -> Opening:
        """The same with a document."""
        return replace(self, attachment=(name, content))


def _reference(given: str | None) -> str | None:
    return None if given is None else words_of(given, "reference", most=_MAX_LINE)
