"""Names that clients choose, as far as the people on call may read them: bounded in number and without numbers.

The name of an operation is code. Somebody may still write a person's number into it, so one with more than a few digits
is told as `other`; so is one beyond as many as a chart can show.
"""

from __future__ import annotations

__all__ = ["OTHER", "BoundedNames", "told_name"]

OTHER = "other"
_MOST_DIGITS = 3
_LONGEST = 64


def told_name(name: str | None) -> str:
    """The name of an operation as traces and log lines tell it; empty for one without a name."""
    if not name:
        return ""
    if len(name) > _LONGEST or sum(character.isdigit() for character in name) > _MOST_DIGITS:
        return OTHER
    return name


class BoundedNames:
    """The first `most` different names as they are, any further one as `other`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, name: str) -> str:
        """The name, or `other`."""
        if name in self._known:
            return name
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(name)
        return name
