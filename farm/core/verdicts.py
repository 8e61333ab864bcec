"""How a vector can end, and why: the words of every result, report and exit code.

Test verdicts keep tt-metal's names. Faults stand apart: they say something of a board, a host or farm itself, and are
never counted as failures of a test.
"""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """How an attempt, or a vector, ended."""

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
    def good(self) -> bool:
        """The test ended as it should."""
        return self in GOOD

    @property
    def failed(self) -> bool:
        """The test itself failed; faults are not failures."""
        return self in FAILED

    @property
    def fault(self) -> bool:
        """A board, a host or farm itself failed, not the test."""
        return self in FAULTS


GOOD = frozenset({Verdict.PASS, Verdict.VALIDATED, Verdict.FLAKY, Verdict.XFAIL})
FAULTS = frozenset({Verdict.BOARD_FAULT, Verdict.HOST_FAULT, Verdict.FARM_FAULT})
FAILED = frozenset(Verdict) - GOOD - FAULTS - {Verdict.NOT_RUN}


class Reason(str, Enum):
    """Why a vector did not run, or what kind of fault or failure it met: closed, since routing branches on it."""

    NONE = ""
    # of not_run
    INVALID_VECTOR = "invalid_vector"
    BROKEN_CONFIGURATION = "broken_configuration"
    UNKNOWN_OPERATION = "unknown_operation"
    UNBINDABLE = "unbindable"
    LOST_ARGUMENT = "lost_argument"
    UNSATISFIABLE = "unsatisfiable"
    BOARD_LOST = "board_lost"
    STOPPED = "stopped"
    STOPPED_BY_LIMIT = "stopped_by_limit"
    SHARD_MISSING = "shard_missing"
    VECTOR_CHANGED = "vector_changed"
    # of failures
    EXCEPTION = "exception"
    BROKEN_MODULE = "broken_module"
    OUTPUT_MISMATCH = "output_mismatch"
    LOW_PCC = "low_pcc"
    REPLAY_MISMATCH = "replay_mismatch"
    OUT_OF_MEMORY = "out_of_memory"
    CRASH = "crash"
    HANG = "hang"
    KILLED = "killed"
    # of faults
    OPEN_FAILED = "open_failed"
    OPEN_TIMEOUT = "open_timeout"
    BOARD_WEDGED = "board_wedged"
    BOARD_SUSPECT = "board_suspect"
    HOST_LOST = "host_lost"
    HOST_RESOURCES = "host_resources"
    REBUILD_MISMATCH = "rebuild_mismatch"
    INTERNAL = "internal"
