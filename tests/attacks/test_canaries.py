"""The proof's own proof: canaries can be read by who may, and the checks see what should not have left."""

from __future__ import annotations

from tests.attacks.documents import everything_below
from tests.attacks.target import Target


def test_a_contract_that_permits_all_reads_every_canary(target: Target) -> None:
    whole = target.view("whole")
    below = everything_below(whole.catalog, whole.schema, "Citizen", 1)
    query = f"query($ids:[PersonalId!]!){{citizens(personalIds:$ids){below}}}"
    evidence = target.attack("whole", query, {"ids": list(target.numbers.values())})
    assert evidence.data
    unseen = target.allowed(whole) - target.canaries.found(evidence.response.text)
    assert not unseen
    assert len(target.allowed(whole)) > 1000
