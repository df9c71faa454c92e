"""What changes when a contract version takes the place of another, and whether that widens or narrows the contract."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from typing import Literal

from auth.contract import Contract, Grant, Limits

__all__ = ["Change", "Comparison", "Direction", "compare"]

Direction = Literal["WIDER", "NARROWER", "CHANGED"]


_SUBJECTS: Mapping[str, tuple[str, str]] = {
    "purposes": ("Mục đích", "Purpose"),
    "purpose.text": ("Nội dung mục đích", "Text of the purpose"),
    "purpose.legalBasis": ("Căn cứ pháp lý", "Legal basis"),
    "fields.read": ("Đọc trường", "Read the field"),
    "fields.filter": ("Tra cứu theo trường", "Find by the field"),
    "fields.protected": ("Trường của người được bảo vệ", "Field of protected persons"),
    "services": ("Dịch vụ", "Service"),
    "rowScope": ("Phạm vi bản ghi", "Row scope"),
    "limits": ("Giới hạn", "Limit"),
    "validFrom": ("Hiệu lực từ", "Valid from"),
    "validTo": ("Hiệu lực đến", "Valid to"),
    "unpermitted": ("Cách trả lời trường không được phép", "How unpermitted fields are answered"),
    "allowListOnly": ("Chỉ chạy truy vấn đã lưu", "Stored documents only"),
    "documents": ("Truy vấn đã lưu", "Stored document"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `subject` names the part, `purpose` the purpose it belongs to, `before` and `after` its values.

    `WIDER` permits more than before, `NARROWER` less; `CHANGED` cannot be put in that order.
    """

    subject: str
    direction: Direction
    before: str | None
    after: str | None
    purpose: str | None = None

    @property
    def vi(self) -> str:
        """The part that differs, in Vietnamese."""
        return self._words(0)

    @property
    def en(self) -> str:
        """The part that differs, in English."""
        return self._words(1)

    def _words(self, language: int) -> str:
        group, _, name = self.subject.partition(".")
        if self.subject in _SUBJECTS:
            return _SUBJECTS[self.subject][language]
        return f"{_SUBJECTS[group][language]} {name}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A version beside the one it would replace: fields by purpose and use, and every other part that differs.

    `added`, `removed` and `same` are (purpose, coordinate); `changed` are fields whose uses differ.
    """

    replaces: int
    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]
    same: tuple[tuple[str, str], ...]
    changed: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]

    @property
    def widens(self) -> bool:
        """Whether something is permitted that was not."""
        return any(change.direction == "WIDER" for change in self.changes)

    @property
    def narrows(self) -> bool:
        """Whether something is not permitted that was."""
        return any(change.direction == "NARROWER" for change in self.changes)


def compare(before: Contract, after: Contract) -> Comparison:
    """The comparison of two versions of a contract."""
    old, new = _grants(before), _grants(after)
    both = [key for key in new if key in old]
    return Comparison(
        replaces=before.version,
        added=tuple(key for key in new if key not in old),
        removed=tuple(key for key in old if key not in new),
        same=tuple(key for key in both if old[key] == new[key]),
        changed=tuple(key for key in both if old[key] != new[key]),
        changes=tuple(_changes(before, after)),
    )


def _grants(contract: Contract) -> dict[tuple[str, str], Grant]:
    return {(code, grant.coordinate): grant for code in sorted(contract.grants) for grant in contract.grants[code]}


def _changes(before: Contract, after: Contract) -> Iterator[Change]:
    yield from _purposes(before, after)
    yield from _fields(before, after)
    yield from _members("services", before.services, after.services)
    yield from _scopes(before.row_scope, after.row_scope)
    for limit in fields_of(Limits):
        old, new = getattr(before.limits, limit.name), getattr(after.limits, limit.name)
        yield from _ordered(f"limits.{limit.name}", old, new, wider=new > old)
    old, new = before.valid_from, after.valid_from
    yield from _ordered("validFrom", old.isoformat(), new.isoformat(), wider=new < old)
    old, new = before.valid_to, after.valid_to
    yield from _ordered("validTo", old.isoformat(), new.isoformat(), wider=new > old)
    if before.unpermitted != after.unpermitted:
        yield Change("unpermitted", "CHANGED", before.unpermitted, after.unpermitted)
    yield from _documents(before, after)


def _purposes(before: Contract, after: Contract) -> Iterator[Change]:
    yield from _members("purposes", before.purposes.keys(), after.purposes.keys())
    for code in sorted(before.purposes.keys() & after.purposes.keys()):
        old, new = before.purposes[code], after.purposes[code]
        if old.text != new.text:
            yield Change("purpose.text", "CHANGED", old.text, new.text, code)
        if old.legal_basis != new.legal_basis:
            yield Change("purpose.legalBasis", "CHANGED", old.legal_basis, new.legal_basis, code)


def _fields(before: Contract, after: Contract) -> Iterator[Change]:
    """Each use of a field by itself: what was only read may now be filtered by."""
    old, new = _grants(before), _grants(after)
    for purpose, coordinate in sorted(old.keys() | new.keys()):
        uses = [_uses(grants.get((purpose, coordinate))) for grants in (old, new)]
        for use in sorted(uses[0] - uses[1]):
            yield Change(f"fields.{use}", "NARROWER", coordinate, None, purpose)
        for use in sorted(uses[1] - uses[0]):
            yield Change(f"fields.{use}", "WIDER", None, coordinate, purpose)


def _uses(grant: Grant | None) -> set[str]:
    if grant is None:
        return set()
    given = {"read": grant.readable, "filter": grant.filterable, "protected": grant.protected}
    return {name for name, held in given.items() if held}


def _members(subject: str, old: Collection[str], new: Collection[str]) -> Iterator[Change]:
    """What is in one of two sets only: the more, the wider."""
    for name in sorted(set(old) - set(new)):
        yield Change(subject, "NARROWER", name, None)
    for name in sorted(set(new) - set(old)):
        yield Change(subject, "WIDER", None, name)


def _scopes(old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]) -> Iterator[Change]:
    """A row scope that is there narrows, each further value of it widens."""
    for name in sorted(old.keys() | new.keys()):
        before, after = (sorted(scopes[name]) if name in scopes else None for scopes in (old, new))
        if before == after:
            continue
        texts = [None if values is None else ", ".join(values) for values in (before, after)]
        wider = after is None or (before is not None and set(before) < set(after))
        narrower = before is None or (after is not None and set(after) < set(before))
        if wider or narrower:
            yield Change(f"rowScope.{name}", "WIDER" if wider else "NARROWER", *texts)
            continue
        # Some values come and others go: it is both.
        yield Change(f"rowScope.{name}", "WIDER", None, ", ".join(sorted(set(after or ()) - set(before or ()))))
        yield Change(f"rowScope.{name}", "NARROWER", ", ".join(sorted(set(before or ()) - set(after or ()))), None)


def _ordered(subject: str, old: object, new: object, *, wider: bool) -> Iterator[Change]:
    if old != new:
        yield Change(subject, "WIDER" if wider else "NARROWER", str(old), str(new))


def _documents(before: Contract, after: Contract) -> Iterator[Change]:
    """Stored documents bound what runs only where nothing else runs; elsewhere they are a convenience."""
    old, new = before.allow_list_only, after.allow_list_only
    yield from _ordered("allowListOnly", _word(held=old), _word(held=new), wider=old)
    for change in _members("documents", before.documents, after.documents):
        yield change if old and new else replace(change, direction="CHANGED")


def _word(*, held: bool) -> str:
    return "true" if held else "false"
