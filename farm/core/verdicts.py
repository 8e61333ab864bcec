"""Verdicts and reasons: how a vector can end, and why. Every result, report and exit code uses these words.

Test verdicts keep tt-metal's names. Faults are separate: a board, a host or farm itself failed, not the test, so they
never count as failures of a test.

Other code decides by a verdict's traits alone, so a new verdict is a new member with a row of traits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Category(str, Enum):
    """The category of a verdict, which decides sums, colours and exit codes."""

    GOOD = "good"
    """The test ended as it should."""
    FAILED = "failed"
    """The test itself failed."""
    FAULT = "fault"
    """A board, a host or farm itself failed, not the test."""
    NOT_RUN = "not_run"
    """The test was not tried, or not in a way that says anything about it."""

    @property
    def phrase(self) -> str:
        """The phrase that follows the number of its vectors in a sentence: `3 failed`."""
        return _PHRASES[self]


_PHRASES: Mapping[Category, str] = {
    Category.GOOD: "ended well",
    Category.FAILED: "failed",
    Category.FAULT: "hit a fault",
    Category.NOT_RUN: "did not run",
}


class Verdict(str, Enum):
    """The result of an attempt or of a vector; `traits` says what each one means."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    VALIDATED = "validated"
    FLAKY = "flaky"
    XFAIL = "xfail"
    XPASS = "xpass"
    FAIL_ASSERT_EXCEPTION = "fail_assert_exception"
    FAIL_CRASH_HANG = "fail_crash_hang"
    FAIL_L1_OUT_OF_MEM = "fail_l1_out_of_mem"
    FAIL_WATCHER = "fail_watcher"
    FAIL_UNSUPPORTED_DEVICE_PERF = "fail_unsupported_device_perf"
    NOT_RUN = "not_run"
    BOARD_FAULT = "board_fault"
    HOST_FAULT = "host_fault"
    FARM_FAULT = "farm_fault"

    @property
    def traits(self) -> Traits:
        """Its traits, by which other code decides."""
        return _TRAITS[self]

    @property
    def category(self) -> Category:
        """Its category."""
        return _TRAITS[self].category

    @property
    def good(self) -> bool:
        """Whether the test ended as it should."""
        return _TRAITS[self].category is Category.GOOD

    @property
    def failed(self) -> bool:
        """Whether the test itself failed; faults are not failures."""
        return _TRAITS[self].category is Category.FAILED

    @property
    def fault(self) -> bool:
        """Whether a board, a host or farm itself failed, not the test."""
        return _TRAITS[self].category is Category.FAULT

    @property
    def executed(self) -> bool:
        """Whether the test ended by itself, well or not: a pass rate is over those."""
        return _TRAITS[self].category in (Category.GOOD, Category.FAILED)


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a verdict.

    Attributes:
        category: what it counts as.
        meaning: its meaning in a few words.
        compared: whether the test's own comparison counts: on a mock board, nothing is computed.
        critical: whether it is among the worst of its category: a crash, a hang, corrupted memory.
        expectable: whether it is a failure that a suite of vectors that should fail (`xfail...`) may expect.
        timed: whether its seconds tell how long the vector takes, so that estimates learn from them.
    """

    category: Category
    meaning: str
    compared: bool = False
    critical: bool = False
    expectable: bool = False
    timed: bool = False


_GOOD, _FAILED, _FAULT = Category.GOOD, Category.FAILED, Category.FAULT

_TRAITS: Mapping[Verdict, Traits] = {
    Verdict.PASS: Traits(_GOOD, "executed; the output is right", compared=True, timed=True),
    Verdict.VALIDATED: Traits(_GOOD, "accepted; no numbers were compared", timed=True),
    Verdict.FLAKY: Traits(_GOOD, "failed first, then ended well", compared=True, timed=True),
    Verdict.XFAIL: Traits(_GOOD, "failed, as its suite expects", compared=True, timed=True),
    Verdict.XPASS: Traits(_FAILED, "passed, although its suite expects a failure", compared=True),
    Verdict.FAIL_ASSERT_EXCEPTION: Traits(
        _FAILED, "raised, or gave a wrong output", compared=True, expectable=True, timed=True
    ),
    Verdict.FAIL_CRASH_HANG: Traits(_FAILED, "crashed or hung its process", compared=True, critical=True),
    Verdict.FAIL_L1_OUT_OF_MEM: Traits(_FAILED, "ran out of memory", compared=True, expectable=True),
    Verdict.FAIL_WATCHER: Traits(_FAILED, "stopped by the watcher", compared=True, critical=True, expectable=True),
    Verdict.FAIL_UNSUPPORTED_DEVICE_PERF: Traits(
        _FAILED, "passed, but its device performance can't be measured", compared=True
    ),
    Verdict.NOT_RUN: Traits(Category.NOT_RUN, "not run; the reason says why"),
    Verdict.BOARD_FAULT: Traits(_FAULT, "the board failed, not the test"),
    Verdict.HOST_FAULT: Traits(_FAULT, "the host failed, not the test"),
    Verdict.FARM_FAULT: Traits(_FAULT, "farm failed, not the test"),
}


class Reason(str, Enum):
    """Why a vector did not run, failed or hit a fault. A closed list, since routing depends on it."""

    NONE = ""
    # of not_run
    INVALID_VECTOR = "invalid_vector"
    NO_VECTORS = "no_vectors"
    BROKEN_CONFIGURATION = "broken_configuration"
    UNKNOWN_OPERATION = "unknown_operation"
    UNBINDABLE = "unbindable"
    LOST_ARGUMENT = "lost_argument"
    UNSATISFIABLE = "unsatisfiable"
    UNSUPPORTED_BY_BACKEND = "unsupported_by_backend"
    BOARD_LOST = "board_lost"
    STOPPED = "stopped"
    STOPPED_BY_LIMIT = "stopped_by_limit"
    SHARD_MISSING = "shard_missing"
    VECTOR_CHANGED = "vector_changed"
    MISSING_PACKAGE = "missing_package"
    NO_TESTS = "no_tests"
    SKIPPED = "skipped"
    # of validated: why numbers that a board computed were not compared, or what became of a call that had raised
    NO_GOLDEN = "no_golden"
    GOLDEN_SKIPS = "golden_skips"
    GOLDEN_NEEDS_MORE = "golden_needs_more"
    GOLDEN_RAISED = "golden_raised"
    SPANS_CHIPS = "spans_chips"
    NO_TORCH = "no_torch"
    RAISED_AS_TRACED = "raised_as_traced"
    ACCEPTED_NOW = "accepted_now"
    # of failures
    EXCEPTION = "exception"
    BROKEN_MODULE = "broken_module"
    IMPORT_ERROR = "import_error"
    SYNTAX_ERROR = "syntax_error"
    OUTPUT_MISMATCH = "output_mismatch"
    WRONG_NUMBERS = "wrong_numbers"
    NONDETERMINISTIC = "nondeterministic"
    WROTE_PAST_OUTPUT = "wrote_past_output"
    LOW_PCC = "low_pcc"  # of runs before tolerances
    OUT_OF_MEMORY = "out_of_memory"
    CRASH = "crash"
    HANG = "hang"
    KILLED = "killed"
    # of faults
    OPEN_FAILED = "open_failed"
    OPEN_TIMEOUT = "open_timeout"
    BOARD_WEDGED = "board_wedged"
    BOARD_SUSPECT = "board_suspect"
    HOST_RESOURCES = "host_resources"
    OUT_OF_MEMORY_HOST = "out_of_memory_host"
    DOWNLOAD_FAILED = "download_failed"
    NO_ACCESS = "no_access"
    OFFLINE = "offline"
    REBUILD_MISMATCH = "rebuild_mismatch"
    REPLAY_MISMATCH = "replay_mismatch"
    GOLDEN_CALL = "golden_call"
    INTERNAL = "internal"

    @property
    def nothing_to_run(self) -> bool:
        """Whether a module itself defines that there is nothing to run, so that the run is still complete."""
        return self in (Reason.INVALID_VECTOR, Reason.NO_VECTORS)

    @property
    def names_a_need(self) -> bool:
        """Whether its messages say what a vector needs: two that differ, even in a number alone, are two needs."""
        return self is Reason.UNSATISFIABLE
