"""What a technical document says, as values that are the same for the same contract, whatever they are rendered as."""

from __future__ import annotations

from dataclasses import dataclass

from graph.describe import Description
from service.document.words import ErrorWords, Words

__all__ = [
    "ArgumentPart",
    "CodeListPart",
    "Connection",
    "ExamplePart",
    "FieldPart",
    "LimitPart",
    "PurposePart",
    "ScopePart",
    "ServicePart",
    "TechnicalDocument",
    "TypePart",
]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the service is reached.

    `url` is its address without a path, and so is `sandbox`, to which `/sandbox/graphql` is added; without one there is
    no sandbox. `issuers` of access tokens and the `audience` that these need are given where tokens are taken.
    """

    url: str
    sandbox: str | None = None
    issuers: tuple[str, ...] = ()
    audience: str | None = None

    @property
    def endpoint(self) -> str:
        """The address of queries."""
        return f"{self.url.rstrip('/')}/graphql"

    @property
    def schema(self) -> str:
        """The address of the SDL."""
        return f"{self.url.rstrip('/')}/schema.graphql"

    @property
    def sandbox_endpoint(self) -> str | None:
        """The address of queries to the sandbox."""
        return None if self.sandbox is None else f"{self.sandbox.rstrip('/')}/sandbox/graphql"


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A permitted field and its uses; `databases` are the names of those that keep it."""

    name: str
    described: Description
    databases: tuple[Words, ...]
    read: bool
    filter: bool
    protected: bool


@dataclass(frozen=True, slots=True)
class TypePart:
    """The permitted fields of a type."""

    name: str
    term: str
    fields: tuple[FieldPart, ...]


@dataclass(frozen=True, slots=True)
class ArgumentPart:
    """An argument of a service, or a criterion of its filter; `default` is empty where there is none."""

    name: str
    type: str
    default: str
    note: str


@dataclass(frozen=True, slots=True)
class ServicePart:
    """A permitted field of `Query` with its arguments."""

    name: str
    answer: str
    note: str
    arguments: tuple[ArgumentPart, ...]


@dataclass(frozen=True, slots=True)
class ExamplePart:
    """A query that runs: its text, its variables as JSON, and the document's hash where it is a stored one."""

    root: str
    title: Words
    query: str
    variables: str
    document: str


@dataclass(frozen=True, slots=True)
class PurposePart:
    """What one purpose permits. Purposes never add up, so each has everything of its own."""

    code: str
    text: str
    legal_basis: str
    readable: int
    sensitive: int
    third_party: int
    types: tuple[TypePart, ...]
    services: tuple[ServicePart, ...]
    examples: tuple[ExamplePart, ...]
    sdl: str


@dataclass(frozen=True, slots=True)
class CodeListPart:
    """A closed list of codes: (name in answers, meaning)."""

    name: str
    note: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ScopePart:
    """A limit of the rows: what it is about and the values that are in."""

    words: Words
    values: str


@dataclass(frozen=True, slots=True)
class LimitPart:
    """A limit of the contract."""

    name: str
    value: int
    words: Words


@dataclass(frozen=True, slots=True)
class TechnicalDocument:
    """The technical document of a contract version. Days are in Vietnamese time, `valid_to` the last of them."""

    contract_id: str
    version: int
    title: str
    client_id: str
    client_name: str
    valid_from: str
    valid_to: str
    nulls: bool
    stored_only: bool
    stored: int
    connection: Connection
    curl: str
    purposes: tuple[PurposePart, ...]
    scopes: tuple[ScopePart, ...]
    code_lists: tuple[CodeListPart, ...]
    limits: tuple[LimitPart, ...]
    errors: tuple[ErrorWords, ...]
