"""Classification of exceptions and of ended processes: one table of tt-metal's and the system's texts."""

from __future__ import annotations

import contextlib
import re
import signal
from dataclasses import dataclass
from pathlib import Path

from farm.core.verdicts import Reason, Verdict


@dataclass(frozen=True, slots=True)
class Rule:
    """A text that decides a verdict.

    Attributes:
        text: a part of the message.
        verdict, reason: its classification.
    """

    text: str
    verdict: Verdict
    reason: Reason


_HANG = (Verdict.FAIL_CRASH_HANG, Reason.HANG)
_WEDGED = (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED)
_HOST = (Verdict.HOST_FAULT, Reason.HOST_RESOURCES)
_MEMORY = (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY)
_WATCHER = (Verdict.FAIL_WATCHER, Reason.EXCEPTION)

# The first rule that matches decides. Board faults come before hangs and hangs before memory, as in tt-metal.
RULES = (
    # a core, a link or a chip is in a state that only a reset can end
    Rule("unexpected run_mailbox value", *_WEDGED),
    Rule("could not fit in the discovered physical topology", *_WEDGED),
    Rule("mapping_result.success", *_WEDGED),
    Rule("inter-mesh mapping failed", *_WEDGED),
    Rule("intra-mesh mapping failed", *_WEDGED),
    Rule("Read 0xffffffff from PCIE", *_WEDGED),
    Rule("tt_tlb_alloc failed", *_WEDGED),
    Rule("CHIP_IN_USE", *_WEDGED),
    # the host ran out of a resource, or concurrent compilers disturbed each other
    Rule("No space left on device", *_HOST),
    Rule("Too many open files", *_HOST),
    Rule("Cannot allocate memory", *_HOST),
    Rule("tt_elffile.cpp", *_HOST),
    Rule("failed to generate binaries", *_HOST),
    # the operation didn't end on the device, and tt-metal's own timer saw it
    Rule("device timeout in fetch queue wait", *_HANG),
    Rule("potential hang detected", *_HANG),
    Rule("completion reader queue is not empty", *_HANG),
    Rule("device hang or timeout occurred", *_HANG),
    Rule("Out of Memory: Not enough space to allocate", *_MEMORY),
    Rule("beyond max L1 size", *_MEMORY),
    Rule("Watcher", *_WATCHER),
)


def classify(message: str) -> tuple[Verdict, Reason]:
    """The verdict of an exception by its text; any other exception is a failed assertion, as in tt-metal."""
    for rule in RULES:
        if rule.text in message:
            return rule.verdict, rule.reason
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION


NOT_COMPARED = "not compared, since a mock board computes no numbers; the module said"


def judge_answer(answer: object, *, computes: bool) -> tuple[Verdict, Reason, str]:
    """The verdict, reason and message of a sweep module's `run()`.

    Args:
        answer: `(ok, message)`, `[(ok, message), nanoseconds]`, or the exception that it raised.
        computes: whether the board computes numbers. If not, the module's own comparison means nothing.
    """
    if isinstance(answer, BaseException):
        return *classify(str(answer)), error_text(answer)
    timed = isinstance(answer, list) and answer and isinstance(answer[0], (tuple, list))
    result = answer[0] if timed else answer  # type: ignore[index]
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        problem = f"run() returned {answer!r:.80}, not (ok, message) or [(ok, message), nanoseconds]"
        return Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE, problem
    good, message = bool(result[0]), str(result[1])[:_LONGEST]
    if not computes:
        return Verdict.VALIDATED, Reason.NONE, message if good else f"{NOT_COMPARED}: {message}"
    if good:
        return Verdict.PASS, Reason.NONE, message
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, message or "run() returned False"


_BACKTRACE = re.compile(r"\n\s*backtrace:.*", re.DOTALL)
_LONGEST = 4000


def error_text(error: BaseException) -> str:
    """An exception as text: with its class unless it is ttnn's RuntimeError, and without the C++ backtrace."""
    text = _BACKTRACE.sub("", str(error)).strip()
    if not isinstance(error, RuntimeError) or not text:
        text = f"{type(error).__name__}: {text}".rstrip(": ")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def describe_exit(code: int | None) -> str:
    """How a process ended, as text: `was killed by SIGSEGV`, `ended with exit code 1`."""
    if code is None:
        return "ended in an unknown way"
    if code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"ended with exit code {code}"


_ERROR_MARKS = ("TT_FATAL", "TT_THROW", "what():", "Error")
_NOISE = re.compile(r"info\s*\|\s*BuildKernels\s*\||^\[[^\]\s]+:\d+\] (\*\*\*|\[ *\d+\])")
"""ttnn's lines about compiled kernels, and MPI's stack at a signal: they don't explain why a process ended."""
_TAIL = 16384


def classify_end(message: str, code: int | None = None) -> tuple[Verdict, Reason]:
    """The verdict of the vector that was running when a process ended.

    Args:
        message: what the process printed last.
        code: its exit code, negative for a signal.

    Returns:
        A crash, unless the message blames the board or the host. SIGKILL is a crash with a reason of its own, since it
        comes from outside: perhaps from the kernel, to stop a vector that uses all memory, which must not be retried
        forever; perhaps because of another process.
    """
    verdict, reason = classify(message)
    if verdict.fault or (verdict, reason) == _HANG:
        return verdict, reason
    return Verdict.FAIL_CRASH_HANG, Reason.KILLED if code == -signal.SIGKILL else Reason.CRASH


def last_error_line(log: Path, since: int = 0) -> str:
    """The line of a process's log that best explains its end: the last error, otherwise the last line.

    Args:
        log: the process's output.
        since: the log's length in bytes before the process began.
    """
    with contextlib.suppress(OSError), log.open("rb") as opened:
        size = log.stat().st_size
        opened.seek(max(0, size - _TAIL, since if since <= size else 0))
        lines = opened.read().decode(errors="replace").splitlines()
        lines = [line.strip() for line in lines if line.strip() and not _NOISE.search(line)]
        errors = [line for line in lines if any(mark in line for mark in _ERROR_MARKS)]
        return (errors or lines or [""])[-1][:400]
    return ""
