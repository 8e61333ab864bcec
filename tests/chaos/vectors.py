"""The vectors of a chaos run: how many there are, and what must come of each."""

from __future__ import annotations

from pathlib import Path

PLACE = Path(__file__).parent / "modules"
"""The sweep module that makes them."""
GOOD = frozenset({"validated", "flaky"})
_CRASH = frozenset({"fail_crash_hang"})
EXPECTED = {
    "good": GOOD,
    "leak": GOOD,
    "raise": frozenset({"fail_assert_exception"}),
    "oom": frozenset({"fail_l1_out_of_mem"}),
    **dict.fromkeys(("exit", "segfault", "abort", "hang", "sleep_in_c", "stop", "print"), _CRASH),
}
"""Which verdicts may come of each way to behave."""


def settings(good: int, bad: int, seconds: float) -> dict[str, str]:
    """The variables that tell the module how many vectors to make, and how long each takes.

    Args:
        good: vectors that do nothing wrong.
        bad: vectors of each way to misbehave.
        seconds: how long each takes at least.
    """
    return {"CHAOS_GOOD": str(good), "CHAOS_BAD": str(bad), "CHAOS_SECONDS": str(seconds)}


def asked(good: int, bad: int) -> int:
    """How many vectors these settings make."""
    return good + bad * len(EXPECTED.keys() - {"good"})
