"""Vietnamese alphabetical order, as `population.vietnamese_sort_key` has it: letters first, then the tones."""

from __future__ import annotations

import unicodedata

__all__ = ["vietnamese_key"]

_LETTERS = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


def vietnamese_key(text: str) -> tuple[list[tuple[int, int]], list[int]]:
    """The key that sorts a text: its letters, whatever their case, then the tone of each word."""
    letters: list[tuple[int, int]] = []
    tones: list[int] = []
    for word in text.lower().split():
        tone = 0
        kept = []
        for mark in unicodedata.normalize("NFD", word):
            if mark in _TONES:
                tone = _TONES[mark]
            else:
                kept.append(mark)
        tones.append(tone)
        letters.append((0, 0))
        for letter in unicodedata.normalize("NFC", "".join(kept)):
            place = _LETTERS.get(letter)
            letters.append((1, ord(letter)) if place is None else (2, place))
    return letters, tones
