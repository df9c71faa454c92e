"""What the five specialised systems hold about the people of a shard.

One file per database, documents in its own shape.
"""

from samples.documents import civil_status, education, health, social_insurance, transport
from samples.documents.archive import DATABASES, INDEXES, Archive
from samples.people import Person


def write(archive: Archive, person: Person) -> None:
    """Add one person's documents in every system.

    Social insurance comes first: the hospital copies the card's number.
    """
    social_insurance.write(archive, person)
    health.write(archive, person)
    transport.write(archive, person)
    civil_status.write(archive, person)
    education.write(archive, person)


__all__ = ["DATABASES", "INDEXES", "Archive", "write"]
