"""Invented citizens, households and documents for demonstrations, tests and measurements.

Every person, number, address below the province, telephone number and document in here is made up by a
seeded generator; any likeness to a real person is chance. Telephone numbers use prefixes that no operator
has, e-mail addresses end in the reserved `.example`, commune codes lie above those in use. The registers
are as incomplete as real ones: see `gaps` in `samples.generate`.
"""
