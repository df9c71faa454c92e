"""The test personas of the sandbox: who they are, which keys make a source fail, and how they are asked about.

The rows and documents about them are made without chance (`rows`, `documents`) and written by `load`.
"""

from samples.personas.asking import call, resident
from samples.personas.cast import EVERYONE, PERSONAS, PREFIX, RESIDENTS, Persona, person

__all__ = [
    "EVERYONE",
    "FAILING_REGISTER",
    "FAILING_SPECIALISED",
    "PERSONAS",
    "PREFIX",
    "RESIDENTS",
    "SLOW_SPECIALISED",
    "Persona",
    "call",
    "person",
    "resident",
]


def _keys(one: Persona) -> tuple[str, ...]:
    """Everything by which a specialised database is asked about somebody."""
    return (one.number, one.plate, one.licence, one.insurance_card, one.degree)


FAILING_SPECIALISED = _keys(person("SPECIALISED_DOWN"))
"""Keys for which the specialised databases of the sandbox are down."""

SLOW_SPECIALISED = _keys(person("SPECIALISED_SLOW"))
"""Keys for which the specialised databases of the sandbox do not answer in time."""

FAILING_REGISTER = (person("REGISTER_DOWN").number, person("REGISTER_DOWN").file_number, "thu nghiem mat dan cu")
"""Keys for which the population database of the sandbox is down; the last is a name as searches compare it."""
