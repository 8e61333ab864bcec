"""The vectors of a chaos run: how many there are, and which verdicts each may have."""

from __future__ import annotations

from pathlib import Path

MODULES = Path(__file__).parent / "modules"
"""The folder of the sweep module that defines them."""
GOOD = frozenset({"validated", "flaky"})
_CRASH = frozenset({"fail_crash_hang"})
EXPECTED = {
    "good": GOOD,
    "leak": GOOD,
    "raise": frozenset({"fail_assert_exception"}),
    "oom": frozenset({"fail_l1_out_of_mem"}),
    **dict.fromkeys(("exit", "segfault", "abort", "hang", "sleep_in_c", "stop", "print"), _CRASH),
}
"""The verdicts that each behavior may lead to."""


def settings(good: int, bad: int, seconds: float) -> dict[str, str]:
    """Return the environment variables that set the number of vectors and how long each takes.

    Args:
        good: number of vectors that behave.
        bad: number of vectors for each way to misbehave.
        seconds: the least time that a vector takes.
    """
    return {"CHAOS_GOOD": str(good), "CHAOS_BAD": str(bad), "CHAOS_SECONDS": str(seconds)}


def vector_count(good: int, bad: int) -> int:
    """Return how many vectors these settings make."""
    return good + bad * len(EXPECTED.keys() - {"good"})
