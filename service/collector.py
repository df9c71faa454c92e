"""The garbage collector of a serving process.

The schema, views and plans live as long as the process; requests make much short-lived data and no cycles to speak of.
"""

from __future__ import annotations

import gc

__all__ = ["tune_collector"]

_YOUNG = 20_000
_MIDDLE = 20
_OLD = 100


def tune_collector() -> None:
    """Take what start-up made out of every later collection, and collect less often. Call once, before serving."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
