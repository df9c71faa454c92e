"""The vault of cases: what is sealed opens with its binding only, under the present key and former ones."""

from __future__ import annotations

import pytest

from auth.audit.subjects import SubjectHasher
from auth.process.vault import Vault, VaultError

OLD, NEW = bytes(32), bytes(range(32))


def test_what_is_sealed_opens_for_its_place_only() -> None:
    vault = Vault.of([NEW])
    sealed = vault.seal("012345678901", "subject a")
    assert b"012345678901" not in sealed
    assert vault.seal("012345678901", "subject a") != sealed
    assert vault.open(sealed, "subject a") == "012345678901"
    for given, binding in ((sealed, "subject b"), (sealed[:-1] + bytes([sealed[-1] ^ 1]), "subject a"), (b"", "x")):
        with pytest.raises(VaultError):
            vault.open(given, binding)


def test_what_a_former_key_sealed_still_opens() -> None:
    sealed = Vault.of([OLD]).seal("Sai tên", "content a")
    assert Vault.of([NEW, OLD]).open(sealed, "content a") == "Sai tên"
    with pytest.raises(VaultError):
        Vault.of([NEW]).open(sealed, "content a")


def test_a_subject_is_hashed_as_the_audit_does() -> None:
    vault, number = Vault.of([NEW, OLD]), "012345678901"
    assert vault.subject(number) == (SubjectHasher(NEW).key_id, SubjectHasher(NEW)(number))
    assert vault.subjects(number) == [SubjectHasher(NEW)(number), SubjectHasher(OLD)(number)]
    assert vault.digest("a") == Vault.of([NEW]).digest("a") != Vault.of([OLD]).digest("a")
