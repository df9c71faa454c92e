"""How the service is asked about a persona: a selection of `Query` for each of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from samples.personas.cast import HOME, Persona, person

__all__ = ["call", "resident"]

_SERVICES = {
    "citizen": 'citizen(personalId: "{number}") {{ __typename }}',
    "citizens": 'citizens(personalIds: ["{number}"]) {{ __typename }}',
    "searchCitizens": 'searchCitizens(filter: {{name: "{name}"}}, first: 5) {{ edges {{ node {{ __typename }} }} }}',
    "verifyCitizen": 'verifyCitizen(personalId: "{number}", fullName: "{name}", dateOfBirth: "{born}") {{ matches }}',
    "household": 'household(residenceFileNumber: "{file}") {{ __typename }}',
    "vehicle": 'vehicle(plate: "{plate}") {{ __typename }}',
    "drivingLicence": 'drivingLicence(number: "{licence}") {{ __typename }}',
    "healthInsuranceCard": 'healthInsuranceCard(number: "{card}") {{ __typename }}',
    "degree": 'degree(number: "{degree}") {{ __typename }}',
}


def call(service: str, one: Persona) -> str | None:
    """A field of `Query` that asks about somebody and reads nothing but that they are there; None for another field."""
    form = _SERVICES.get(service)
    return form and form.format(
        number=one.number,
        name=one.full_name,
        born=one.born,
        file=one.file_number,
        plate=one.plate,
        licence=one.licence,
        card=one.insurance_card,
        degree=one.degree,
    )


def resident(row_scope: Mapping[str, Sequence[str]]) -> Persona:
    """Somebody whom a contract with this row scope may see."""
    provinces = row_scope.get("province", ())
    if not provinces and "UNREGISTERED" in row_scope.get("residence", ()):
        return person("NO_RESIDENCE")
    if (not provinces and not row_scope.get("residence")) or (HOME in provinces and not row_scope.get("residence")):
        return person("FULL")
    return person(f"RESIDENT_{provinces[0] if provinces else HOME}")
