"""The connection request: what the circular asks for, as a value that may still be incomplete.

Contents are those of Circular 46/2022/TT-BCA: who asks, for which system and purpose, which fields, which services, how
it is built and secured, and what is shared back. What a submission must hold is said in `completeness`.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from auth.contract import Client, Contract, Grant, Limits, Purpose
from auth.documents import by_digest
from auth.moments import VIETNAM
from auth.process.errors import ProcessError

__all__ = [
    "ConnectionRequest",
    "FieldRequest",
    "Inspection",
    "Officer",
    "PurposeRequest",
    "RequestShapeError",
    "parse_request",
    "request_of",
    "to_contract",
]

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
# Beyond these years a day has no moment of its own in every time zone.
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64, pattern=r"^[A-Z0-9_]*$")]


class RequestShapeError(ProcessError):
    """the request has the wrong form"""

    code = "REQUEST_MALFORMED"
    status = 422


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Officer(_Part):
    """Cán bộ phụ trách kết nối, chia sẻ, khai thác."""

    name: Text = ""
    position: Text = ""
    phone: Text = ""
    email: Text = ""


class PurposeRequest(_Part):
    """A purpose, with the administrative procedure and the legal basis that it follows."""

    code: Code = ""
    text: Text = ""
    procedure_code: Text = ""
    legal_basis: Text = ""


class FieldRequest(_Part):
    """One field for one purpose, and why that purpose needs it.

    `filter` asks to use it in arguments; `protected` for the special grant.
    """

    field: Text = ""
    purpose: Code = ""
    justification: Text = ""
    read: bool = True
    filter: bool = False
    protected: bool = False


class Inspection(_Part):
    """An inspection of the requesting system's security."""

    body: Text = ""
    on: date | None = None
    result: Text = ""


class ConnectionRequest(_Part):
    """A request for one contract version. Everything may be empty while it is a draft."""

    title: Text = ""
    unit_code: Text = ""
    unit_name: Text = ""
    mandate: Text = ""
    system_name: Text = ""
    system_kind: Text = ""
    officers: tuple[Officer, ...] = ()
    purposes: tuple[PurposeRequest, ...] = ()
    fields: tuple[FieldRequest, ...] = ()
    services: tuple[Text, ...] = ()
    row_scope: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    technical_description: Text = ""
    reciprocal_sharing: Text = ""
    security_level: Annotated[int, Field(ge=1, le=5)] | None = None
    inspections: tuple[Inspection, ...] = ()
    valid_from: Day | None = None
    valid_to: Day | None = None
    limits: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    unpermitted: Literal["hide", "null"] = "hide"
    documents: tuple[str, ...] = ()
    allow_list_only: bool = False

    @field_validator("limits")
    @classmethod
    def _are_limits(cls, limits: dict[str, int]) -> dict[str, int]:
        unknown = sorted(set(limits) - {field.name for field in fields_of(Limits)})
        if unknown:
            raise ValueError(f"there is no limit {', '.join(unknown)}")
        return limits

    @property
    def text(self) -> str:
        """The request as JSON, always the same for the same contents."""
        return orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS).decode()

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the text, by which findings hold for it."""
        return hashlib.sha256(self.text.encode()).digest()


def parse_request(given: Any) -> ConnectionRequest:
    """The request of a JSON value. Raises `RequestShapeError` with path and fault of each part that does not fit."""
    try:
        return ConnectionRequest.model_validate(given)
    except ValidationError as error:
        faults = [
            {"path": ".".join(map(str, fault["loc"])), "message": fault["msg"]}
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise RequestShapeError(None, faults=faults) from None


def to_contract(
    request: ConnectionRequest, contract_id: str, version: int, client: Client, state: str = "DRAFT"
) -> Contract:
    """The contract version that a client's request asks for; what is still missing is left out.

    It holds from the first moment of its first day to the end of its last, in Vietnamese time.
    """
    purposes = {p.code: Purpose(p.code, p.text, p.legal_basis or None) for p in request.purposes if p.code}
    grants: dict[str, dict[str, Grant]] = {code: {} for code in purposes}
    for field in request.fields:
        if field.field and field.purpose in grants and (field.read or field.filter or field.protected):
            grants[field.purpose][field.field] = Grant(field.field, field.read, field.filter, field.protected)
    starts = request.valid_from or datetime.now(VIETNAM).date()
    ends = max(request.valid_to or starts, starts)
    return Contract(
        contract_id=contract_id,
        version=version,
        client=client,
        title=request.title,
        state=state,
        services=frozenset(request.services),
        purposes=purposes,
        grants={code: tuple(by_field.values()) for code, by_field in grants.items()},
        valid_from=datetime.combine(starts, time.min, VIETNAM),
        valid_to=datetime.combine(ends + timedelta(days=1), time.min, VIETNAM),
        unpermitted=request.unpermitted,
        row_scope={name: values for name, values in request.row_scope.items() if values},
        limits=replace(Limits(), **request.limits),
        documents=by_digest(request.documents),
        allow_list_only=request.allow_list_only,
    )


def request_of(contract: Contract) -> ConnectionRequest:
    """The request that a contract installed without one would have come from: where its next version begins."""
    defaults = Limits()
    return ConnectionRequest(
        title=contract.title,
        unit_code=contract.client.client_id,
        unit_name=contract.client.name,
        purposes=tuple(
            PurposeRequest(code=p.code, text=p.text, legal_basis=p.legal_basis or "")
            for p in contract.purposes.values()
        ),
        fields=tuple(
            FieldRequest(
                field=grant.coordinate,
                purpose=purpose,
                read=grant.readable,
                filter=grant.filterable,
                protected=grant.protected,
            )
            for purpose, grants in contract.grants.items()
            for grant in grants
        ),
        services=tuple(sorted(contract.services)),
        row_scope={name: tuple(values) for name, values in contract.row_scope.items()},
        valid_from=contract.valid_from.astimezone(VIETNAM).date(),
        valid_to=(contract.valid_to.astimezone(UTC) - timedelta(microseconds=1)).astimezone(VIETNAM).date(),
        limits={
            field.name: value
            for field in fields_of(Limits)
            if (value := getattr(contract.limits, field.name)) != getattr(defaults, field.name)
        },
        unpermitted=contract.unpermitted,
        documents=tuple(contract.documents.values()),
        allow_list_only=contract.allow_list_only,
    )
