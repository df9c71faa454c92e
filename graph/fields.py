"""The vocabulary of declarations: one short line says what a field is and where it lives.

A type is an `@entity` (a table or collection of one source), a `@value` (part of an entity's row, at a
prefix), or a part of a type that another file began (`@extends`). Its fields are

* `stored`: a column or document path of the row;
* `embedded`: an object made of the same row;
* `linked`: rows of another entity, joined by a key;

and fields of `Query` are declared by `lookup`, `search`, `verify` or `report`. What is declared is kept as a home
(`graph/homes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from graph.codecs import Codec
from graph.homes import (
    Criterion,
    Duty,
    Embedded,
    Entity,
    Limit,
    Linked,
    Lookup,
    Referenced,
    Report,
    Search,
    Stored,
    Verify,
)

if TYPE_CHECKING:
    CitizenRef = Any
else:
    CitizenRef = Annotated["Citizen", strawberry.lazy("graph.schema")]  # noqa: F821 - composed in graph.schema

__all__ = [
    "CitizenRef",
    "PersonalData",
    "PersonalDataClass",
    "duty",
    "embedded",
    "entity",
    "extends",
    "linked",
    "lookup",
    "report",
    "search",
    "stored",
    "value",
    "verify",
]

T = TypeVar("T", bound=type)

RootDecorator = Callable[[Callable[..., Any]], Any]


@strawberry.enum(description="Lớp dữ liệu cá nhân (class of personal data): Nghị định 356/2025/NĐ-CP")
class PersonalDataClass(Enum):
    """Class of personal data, after Decree 356/2025."""

    BASIC = "BASIC"
    SENSITIVE = "SENSITIVE"


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="personalData", description="Lớp dữ liệu cá nhân của trường"
)
class PersonalData:
    """The personal-data class of a field.

    `thirdParty` marks data of someone other than the subject; `shielded` an address or contact, or what leads to one:
    of a protected person it is not there for a contract without a special grant.
    """

    class_: PersonalDataClass = strawberry.directive_field(name="class")
    third_party: bool = strawberry.directive_field(name="thirdParty", default=False)
    shielded: bool = strawberry.directive_field(name="shielded", default=False)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    name="source",
    description="Cơ sở dữ liệu cung cấp",
)
class SourceDirective:
    """The database that a type or field comes from."""

    database: str


def stored(  # noqa: PLR0913 - one line says all of a field; every argument is named
    element: str,
    *,
    description: str,
    codec: Codec | None = None,
    sensitive: bool = False,
    third_party: bool = False,
    shielded: bool = False,
    reference: tuple[str, str, str] | None = None,
) -> Any:
    """Declare a field kept at `element`.

    `codec` turns the stored value into the answer (default: by the field's GraphQL type); `reference` is
    (table, local element, remote element) when the element belongs to a reference table. `PersonalData` says what
    `shielded` means.
    """
    home = Stored(element, codec, Referenced(*reference) if reference else None)
    return _declared(home, description, sensitive=sensitive, third_party=third_party, shielded=shielded)


def embedded(  # noqa: PLR0913 - one line says all of a field; every argument is named
    prefix: str = "",
    *,
    description: str,
    present: str | None = None,
    code_list: str | None = None,
    sensitive: bool = False,
    third_party: bool = False,
    shielded: bool = False,
) -> Any:
    """Declare an object made of this row's elements that begin with `prefix`."""
    home = Embedded(prefix, present, code_list)
    return _declared(home, description, sensitive=sensitive, third_party=third_party, shielded=shielded)


def linked(  # noqa: PLR0913 - one line says all of a field; every argument is named
    local: str,
    remote: str,
    *,
    description: str,
    assured: bool = False,
    sensitive: bool = False,
    third_party: bool = False,
    shielded: bool = False,
) -> Any:
    """Declare rows of another entity, joined by `local` = `remote`.

    A `shielded` link leads neither from nor to a protected person.
    """
    home = Linked(local, remote, assured)
    return _declared(home, description, sensitive=sensitive, third_party=third_party, shielded=shielded)


def lookup(element: str, *, description: str) -> RootDecorator:
    """Declare a root that finds one entity, or a list of them in the order of the keys, by `element`."""
    return _root(Lookup(element), description)


def search(
    entity: str,
    *,
    criteria: Mapping[str, Criterion],
    orders: Mapping[str, tuple[str, str]],
    description: str,
) -> RootDecorator:
    """Declare a root that pages through an entity by `criteria`."""
    return _root(Search(entity, criteria, orders), description)


def verify(entity: str, *, criteria: Mapping[str, Criterion], description: str) -> RootDecorator:
    """Declare a root that compares the arguments with a record and says only whether all agree."""
    return _root(Verify(entity, criteria), description)


def report(*, description: str) -> RootDecorator:
    """Declare a root answered from the caller's contract."""
    return _root(Report(), description)


def duty(
    *, description: str, subject: str | None = None, coordinate: str | None = None, own: bool = False
) -> RootDecorator:
    """Declare a root answered by the process; `Duty` says what the arguments mean."""
    return _root(Duty(subject, coordinate, own), description)


def value(*, description: str) -> Callable[[T], T]:
    """Declare a type whose fields live in the row of whatever entity embeds it."""
    return lambda cls: strawberry.type(cls, description=description)


def entity(  # noqa: PLR0913 - one line says all of a type; every argument is named
    *,
    source: str,
    table: str,
    identity: str = "_id",
    subject: str | None = None,
    holder: str | None = None,
    scope: Mapping[str, Limit | None] | None = None,
    protected: str | None = None,
    extends: str | None = None,
    description: str,
) -> Callable[[T], T]:
    """Declare a type whose rows are in `table` of `source`; `Entity` says what the arguments mean.

    With `extends`, the class is the first part of the type of that name; other files add to it.
    """

    def declare(cls: T) -> T:
        _name_source(cls, source)
        cls.__entity__ = Entity(source, table, identity, subject, holder, scope, protected)  # type: ignore[attr-defined]
        if extends is not None:
            cls.__extends__ = extends  # type: ignore[attr-defined]
        return strawberry.type(cls, description=description, directives=[SourceDirective(database=source)])

    return declare


def extends(type_name: str, *, source: str | None = None) -> Callable[[T], T]:
    """Declare further fields of a type that another file began; `source` is where they come from."""

    def declare(cls: T) -> T:
        if source is not None:
            _name_source(cls, source)
        cls.__extends__ = type_name  # type: ignore[attr-defined]
        return strawberry.type(cls)

    return declare


def _declared(home: object, description: str, *, sensitive: bool, third_party: bool, shielded: bool) -> Any:
    data_class = PersonalDataClass.SENSITIVE if sensitive else PersonalDataClass.BASIC
    return strawberry.field(
        description=description,
        metadata={"home": home},
        directives=[PersonalData(class_=data_class, third_party=third_party, shielded=shielded)],
    )


def _root(home: object, description: str) -> RootDecorator:
    return lambda signature: strawberry.field(resolver=signature, description=description, metadata={"home": home})


def _name_source(cls: type, source: str) -> None:
    for member in vars(cls).values():
        if isinstance(member, StrawberryField):
            member.directives = [*member.directives, SourceDirective(database=source)]
