"""A contract version that was permitted cannot be changed in place, not even by an administrator."""

from __future__ import annotations

import asyncpg
import pytest

from tests.running import RunningService

ONE = "WHERE contract_id = 'csgt-tra-cuu'"


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE governance.contract SET valid_to = valid_to + interval '1 year' {ONE}",
        f"UPDATE governance.contract SET limits = '{{}}' {ONE}",
        f"UPDATE governance.contract SET row_scope = '[1]', state = 'ACTIVE' {ONE}",
        f"UPDATE governance.contract SET services = services || 'searchCitizens'::text {ONE}",
        f"UPDATE governance.contract SET allow_list_only = NOT allow_list_only {ONE}",
        f"DELETE FROM governance.contract {ONE}",
        (
            "INSERT INTO governance.field_grant (contract_id, version, purpose, coordinate) "
            f"SELECT contract_id, version, code, 'Citizen.religion' FROM governance.purpose {ONE}"
        ),
        f"UPDATE governance.field_grant SET filterable = true {ONE}",
        f"UPDATE governance.field_grant SET protected = true {ONE}",
        f"DELETE FROM governance.field_grant {ONE}",
        f"UPDATE governance.purpose SET text = 'x' {ONE}",
        (
            "INSERT INTO governance.purpose SELECT contract_id, version, 'MORE', 'x' FROM governance.contract "
            "WHERE contract_id = 'csgt-tra-cuu'"
        ),
        (
            "INSERT INTO governance.stored_document SELECT contract_id, version, sha256('{a}'), '{a}' "
            "FROM governance.contract WHERE contract_id = 'csgt-tra-cuu'"
        ),
    ],
)
def test_a_version_in_force_is_not_changed(service: RunningService, change: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="immutable"):
        service.governance.fetch(change)


def test_its_state_moves(service: RunningService) -> None:
    for state in ("SUSPENDED", "ACTIVE"):
        service.governance.fetch(f"UPDATE governance.contract SET state = $1 {ONE} AND state <> 'SUPERSEDED'", state)
    assert service.post("csgt", "{viewer{client}}").status_code == 200
