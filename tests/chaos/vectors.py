"""The vectors of a chaos run: how many there are, and which verdicts each may have."""

from __future__ import annotations

from collections.abc import Collection
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
HOSTILE_MODULES = Path(__file__).parent / "hostile_modules"
"""The folder of the sweep module whose vectors harm the process that they run in."""
NEIGHBORS = ("good", "good again", "good at last")
_VALIDATED = frozenset({"validated"})
_FAILED = frozenset({"fail_assert_exception"})
HOSTILE = {
    **dict.fromkeys(NEIGHBORS, _VALIDATED),
    **dict.fromkeys(("textless exception", "KeyboardInterrupt", "SystemExit", "GeneratorExit"), _FAILED),
    **dict.fromkeys(
        (
            *("fork that returns", "fork that raises", "program that writes"),
            *("text on all descriptors", "bytes on all descriptors", "an endless line"),
            *("closed descriptors", "closed standard streams", "exhausted descriptors", "alarm"),
            *("low limit", "replaced functions", "replaced builtins", "trace function", "recursion limit"),
        ),
        _VALIDATED | _FAILED | _CRASH,
    ),
    **dict.fromkeys(
        (
            *("fork that stays", "daemon", "program that stays", "gone directory", "empty environment", "umask"),
            *("ignored signals", "replaced operation", "no standard output", "empty path", "threads", "logging"),
            *("warnings", "no garbage collection", "seeds", "a gigabyte of output", "endless line of output"),
        ),
        _VALIDATED,
    ),
    "memory": frozenset({"host_fault"}),
}
"""The verdicts that each way to harm a process may lead to; its neighbors are validated, whatever it did."""
WORKER_MEMORY = "2GiB"
"""What a worker may use of memory in the stages of hostile vectors, of which one takes more."""


def settings(good: int, bad: int, seconds: float) -> dict[str, str]:
    """Return the environment variables that set the number of vectors and how long each takes.

    Args:
        good: number of vectors that behave.
        bad: number of vectors for each way to misbehave.
        seconds: the least time that a vector takes.
    """
    return {"CHAOS_GOOD": str(good), "CHAOS_BAD": str(bad), "CHAOS_SECONDS": str(seconds)}


def vector_count(good: int, bad: int) -> int:
    """Return how many vectors of the misbehaving module these settings make."""
    return good + bad * len(EXPECTED.keys() - {"good"})


def hostile_settings(each: int, ways: Collection[str] = ()) -> dict[str, str]:
    """Return the environment variables that set the number of hostile vectors.

    Args:
        each: number of vectors for each way to harm a process.
        ways: only these ways; all if empty.
    """
    return {"CHAOS_HOSTILE": str(each), "CHAOS_WAYS": ",".join(ways)}


def hostile_count(each: int, ways: Collection[str] = ()) -> int:
    """Return how many vectors these settings make."""
    return each * (len(NEIGHBORS) + 1) * len(ways or HOSTILE.keys() - {*NEIGHBORS})
