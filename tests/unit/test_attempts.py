"""The limit of failed attempts, at a time that the test sets."""

from __future__ import annotations

import pytest

from auth.attempts import WINDOW, FailedAttempts
from auth.errors import TooManyAttemptsError


class Guesser:
    """Attempts of one source; the time is the test's."""

    def __init__(self, limit: int = 3, sources: int = 100) -> None:
        self.now = 1000.0
        self.attempts = FailedAttempts(limit, sources=sources, clock=lambda: self.now)

    def refused(self, source: str = "a") -> TooManyAttemptsError | None:
        """Admit a source; the refusal, or None."""
        try:
            self.attempts.admit(source)
        except TooManyAttemptsError as error:
            return error
        return None

    def fail(self, source: str = "a", times: int = 1) -> None:
        """Fail some attempts."""
        for _ in range(times):
            self.attempts.failed(source)


def test_the_limit_is_of_one_source_in_five_minutes() -> None:
    guesser = Guesser()
    guesser.fail(times=2)
    guesser.now += 100
    guesser.fail()
    error = guesser.refused()
    assert error is not None
    assert (error.status, error.extensions()["retryAfter"]) == (429, 200)
    assert guesser.refused("b") is None
    guesser.now += 199.5
    error = guesser.refused()
    assert error is not None
    assert error.extensions()["retryAfter"] == 1
    guesser.now += 0.5
    assert guesser.refused() is None


def test_there_are_never_more_failures_than_the_limit_in_any_window() -> None:
    guesser = Guesser(limit=5)
    failures = []
    for _ in range(2000):
        guesser.now += 1.7
        if guesser.refused() is None:
            guesser.fail()
            failures.append(guesser.now)
    assert len(failures) > 20
    for place, at in enumerate(failures[:-5]):
        assert failures[place + 5] - at >= WINDOW


def test_an_attempt_that_was_admitted_before_the_limit_is_refused_after_it() -> None:
    guesser = Guesser()
    guesser.fail(times=3)
    with pytest.raises(TooManyAttemptsError):
        guesser.fail()


def test_refusals_neither_prolong_the_wait_nor_are_counted_as_failures() -> None:
    guesser = Guesser()
    guesser.fail(times=3)
    for _ in range(100):
        guesser.now += 1
        assert guesser.refused() is not None
    guesser.now += WINDOW - 100
    assert guesser.refused() is None


def test_the_crossing_is_told_apart_and_the_rest_is_counted() -> None:
    guesser = Guesser()
    guesser.fail(times=3)
    assert [error.crossing for error in (guesser.refused() for _ in range(4)) if error] == [True, False, False, False]
    assert guesser.attempts.unreported() == {"a": 3}
    assert guesser.attempts.unreported() == {}


def test_who_goes_on_does_not_cross_anew() -> None:
    guesser = Guesser()
    crossings = 0
    for _ in range(3000):
        guesser.now += 1
        error = guesser.refused()
        crossings += error is not None and error.crossing
        if error is None:
            guesser.fail()
    assert crossings == 1
    guesser.now += WINDOW
    guesser.fail(times=3)
    error = guesser.refused()
    assert error is not None
    assert error.crossing


def test_memory_is_bounded_and_the_source_heard_of_least_recently_is_forgotten() -> None:
    guesser = Guesser(sources=10)
    guesser.fail("a", times=3)
    for other in range(9):
        guesser.fail(f"other {other}")
    assert guesser.refused("a") is not None
    for other in range(9, 18):
        guesser.fail(f"other {other}")
    assert guesser.refused("a") is not None
    for other in range(100):
        guesser.fail(f"yet another {other}")
    assert len(guesser.attempts._sources) == 10
    assert guesser.refused("a") is None


def test_the_report_is_bounded_too() -> None:
    guesser = Guesser(limit=1, sources=10)
    for other in range(50):
        source = f"source {other}"
        guesser.fail(source)
        for _ in range(3):
            assert guesser.refused(source) is not None
    reported = guesser.attempts.unreported()
    assert len(reported) == 11
    assert reported["elsewhere"] == 80
