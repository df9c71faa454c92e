"""Documents by hash: what is kept for whom, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auth.contract import Client, Contract, Grant, Permission, Purpose
from auth.documents import by_digest, document_digest
from resolvers.errors import DocumentNotAllowedError, PersistedQueryMismatchError, PersistedQueryNotFoundError
from resolvers.persisted import DocumentReference, PersistedDocuments

CONTRACT = Contract(
    contract_id="C-1",
    version=1,
    client=Client("unit-1", "Đơn vị một"),
    state="ACTIVE",
    services=frozenset({"citizen"}),
    purposes={code: Purpose(code, "Mục đích") for code in ("P", "Q")},
    grants={code: (Grant("Citizen.personalId", readable=True, filterable=True),) for code in ("P", "Q")},
    valid_from=datetime(2025, 1, 1, tzinfo=UTC),
    valid_to=datetime(2035, 1, 1, tzinfo=UTC),
)
PERMISSION = CONTRACT.permission("P")


def with_hash(text: str) -> DocumentReference:
    return DocumentReference(text, document_digest(text), automatic=True)


def hash_of(text: str, *, automatic: bool = True) -> DocumentReference:
    return DocumentReference(given=document_digest(text), automatic=automatic)


def is_known(documents: PersistedDocuments, permission: Permission, text: str) -> bool:
    try:
        return documents.resolve(permission, hash_of(text)) == text
    except PersistedQueryNotFoundError:
        return False


def test_a_registered_text_is_found_under_its_permission_only() -> None:
    documents = PersistedDocuments()
    documents.register(PERMISSION, with_hash("{a}"))
    assert is_known(documents, PERMISSION, "{a}")
    fresh = replace(CONTRACT).permission("P")
    assert is_known(documents, fresh, "{a}"), "an equal permission, read anew"
    others = [
        CONTRACT.permission("Q"),
        replace(CONTRACT, contract_id="C-2").permission("P"),
        replace(CONTRACT, version=2).permission("P"),
        replace(CONTRACT, grants={"P": (Grant("Citizen.personalId"),)}).permission("P"),
        replace(CONTRACT, services=frozenset()).permission("P"),
        replace(CONTRACT, row_scope={"province": ("79",)}).permission("P"),
        replace(CONTRACT, documents=by_digest(["{b}"])).permission("P"),
    ]
    assert [is_known(documents, other, "{a}") for other in others] == [False] * len(others)


def test_a_text_without_a_hash_is_not_registered() -> None:
    documents = PersistedDocuments()
    documents.register(PERMISSION, DocumentReference("{a}"))
    assert not is_known(documents, PERMISSION, "{a}")


def test_a_hash_that_is_not_the_texts_is_refused() -> None:
    documents = PersistedDocuments()
    for given in (document_digest("{b}"), document_digest("{a}").upper(), ""):
        with pytest.raises(PersistedQueryMismatchError):
            documents.resolve(PERMISSION, DocumentReference("{a}", given, automatic=True))


def test_the_least_recently_used_leaves_when_there_are_too_many() -> None:
    documents = PersistedDocuments(documents=2)
    documents.register(PERMISSION, with_hash("{a}"))
    documents.register(PERMISSION, with_hash("{b}"))
    assert is_known(documents, PERMISSION, "{a}")
    documents.register(PERMISSION, with_hash("{c}"))
    assert [is_known(documents, PERMISSION, text) for text in ("{a}", "{b}", "{c}")] == [True, False, True]


def test_texts_together_stay_below_their_room_and_give_it_back() -> None:
    documents = PersistedDocuments(characters=10)
    for text in ("{aaaa}", "{aaaa}", "{bb}"):
        documents.register(PERMISSION, with_hash(text))
    assert is_known(documents, PERMISSION, "{aaaa}")
    assert is_known(documents, PERMISSION, "{bb}")
    documents.register(PERMISSION, with_hash("{cccc}"))
    assert [is_known(documents, PERMISSION, text) for text in ("{aaaa}", "{bb}", "{cccc}")] == [False, True, True]
    documents.register(PERMISSION, with_hash("{ddddddddd}"))
    assert not is_known(documents, PERMISSION, "{ddddddddd}"), "larger than all the room"
    assert is_known(documents, PERMISSION, "{cccc}")


def test_the_room_of_one_contract_is_not_anothers() -> None:
    documents = PersistedDocuments(documents=1)
    other = replace(CONTRACT, contract_id="C-2").permission("P")
    documents.register(PERMISSION, with_hash("{a}"))
    for text in ("{b}", "{c}"):
        documents.register(other, with_hash(text))
    assert is_known(documents, PERMISSION, "{a}")


def test_a_stored_document_takes_no_room() -> None:
    documents = PersistedDocuments(documents=1)
    listing = replace(CONTRACT, documents=by_digest(["{stored}"])).permission("P")
    documents.register(listing, with_hash("{a}"))
    documents.register(listing, with_hash("{stored}"))
    assert is_known(documents, listing, "{a}")
    assert is_known(documents, listing, "{stored}")


def test_an_identifier_finds_stored_documents_only() -> None:
    documents = PersistedDocuments()
    listing = replace(CONTRACT, documents=by_digest(["{stored}"])).permission("P")
    documents.register(listing, with_hash("{a}"))
    assert documents.resolve(listing, hash_of("{stored}", automatic=False)) == "{stored}"
    with pytest.raises(PersistedQueryNotFoundError):
        documents.resolve(listing, hash_of("{a}", automatic=False))


@pytest.mark.parametrize(
    "reference",
    [
        DocumentReference("{a}"),
        with_hash("{a}"),
        hash_of("{a}"),
        hash_of("{a}", automatic=False),
        DocumentReference("{a}", document_digest("{stored}"), automatic=True),
        DocumentReference("{stored} "),
        DocumentReference(given=document_digest("{stored}").upper(), automatic=True),
        DocumentReference(given=""),
    ],
)
def test_a_list_lets_nothing_else_run(reference: DocumentReference) -> None:
    documents = PersistedDocuments()
    listing = replace(CONTRACT, documents=by_digest(["{stored}"]), allow_list_only=True).permission("P")
    documents.register(listing, with_hash("{a}"))
    with pytest.raises(DocumentNotAllowedError):
        documents.resolve(listing, reference)
    assert documents.resolve(listing, DocumentReference("{stored}")) == "{stored}"


def test_a_list_decides_in_the_key_of_a_permission() -> None:
    listing = replace(CONTRACT, documents=by_digest(["{stored}"]))
    keys = {c.permission("P").key for c in (CONTRACT, listing, replace(listing, allow_list_only=True))}
    assert len(keys) == 3


def test_a_hash_that_no_document_has_stands_for_none() -> None:
    assert hash_of("{a}").digest == with_hash("{a}").digest == document_digest("{a}")
    for given in ("", "é" * 64, "0" * 63, "0" * 65, "A" * 64, "0" * 64 + "\n", "٠" * 64):
        assert DocumentReference(given=given, automatic=True).digest is None
