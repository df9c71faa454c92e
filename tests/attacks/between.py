"""What several clients ask at the same time."""

from __future__ import annotations

import itertools

__all__ = ["ONE", "SERIAL", "SHARED", "fresh"]

SHARED = """
query Shared%s($ids: [PersonalId!]!) {
  citizens(personalIds: $ids) {
    personalId birthName { familyName middleName givenName full } maritalStatus bloodGroup contact { mobile }
    vehicles { plate make chassisNumber } encounters { diagnosisText }
    household { residenceFileNumber address { detail } }
  }
}
"""
ONE = "query Mine%s($i:PersonalId!){citizen(personalId:$i){%s}}"
SERIAL = itertools.count()


def fresh(document: str, *more: str) -> str:
    """A document that no cache has seen."""
    return document % (next(SERIAL), *more)
