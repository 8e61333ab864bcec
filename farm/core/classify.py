"""What an exception, or the way a process ended, says: one table, matched on specific text."""

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
        text: what the message must contain, as it is printed.
        verdict, reason: what it then means.
    """

    text: str
    verdict: Verdict
    reason: Reason


_HANG = (Verdict.FAIL_CRASH_HANG, Reason.HANG)
_WEDGED = (Verdict.BOARD_FAULT, Reason.BOARD_WEDGED)
_HOST = (Verdict.HOST_FAULT, Reason.HOST_RESOURCES)
_MEMORY = (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY)
_WATCHER = (Verdict.FAIL_WATCHER, Reason.EXCEPTION)

# The first rule that matches decides; board faults come before hangs, hangs before memory, as tt-metal has it.
RULES = (
    # a core, a link or a chip is in a state that no test can bring it out of
    Rule("unexpected run_mailbox value", *_WEDGED),
    Rule("could not fit in the discovered physical topology", *_WEDGED),
    Rule("mapping_result.success", *_WEDGED),
    Rule("inter-mesh mapping failed", *_WEDGED),
    Rule("intra-mesh mapping failed", *_WEDGED),
    Rule("Read 0xffffffff from PCIE", *_WEDGED),
    Rule("tt_tlb_alloc failed", *_WEDGED),
    Rule("CHIP_IN_USE", *_WEDGED),
    # the host, not the test, ran out of something, or several compilers got in each other's way
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
    """The verdict that an exception's text means; any other exception is a failed assertion, as tt-metal has it."""
    for rule in RULES:
        if rule.text in message:
            return rule.verdict, rule.reason
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION


NOT_COMPARED = "not compared, since a mock board computes no numbers; the module said"


def judge_answer(answer: object, *, computes: bool) -> tuple[Verdict, Reason, str]:
    """What the end of a sweep module's `run()` means: verdict, reason and words.

    Args:
        answer: `(ok, message)`, `[(ok, message), nanoseconds]`, or the exception that it raised.
        computes: whether the board computes numbers. Where not, the module's own comparison means nothing.
    """
    if isinstance(answer, BaseException):
        return *classify(str(answer)), error_text(answer)
    told = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], (tuple, list)) else answer
    if not isinstance(told, (tuple, list)) or len(told) != 2:
        given = f"run() returned {answer!r:.80}, not (ok, message) or [(ok, message), nanoseconds]"
        return Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE, given
    good, message = bool(told[0]), str(told[1])[:_LONGEST]
    if not computes:
        return Verdict.VALIDATED, Reason.NONE, message if good else f"{NOT_COMPARED}: {message}"
    if good:
        return Verdict.PASS, Reason.NONE, message
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, message or "run() returned False"


_BACKTRACE = re.compile(r"\n\s*backtrace:.*", re.DOTALL)
_LONGEST = 4000


def error_text(error: BaseException) -> str:
    """An exception's own words: its class where it isn't ttnn's RuntimeError, without the C++ backtrace."""
    text = _BACKTRACE.sub("", str(error)).strip()
    if not isinstance(error, RuntimeError) or not text:
        text = f"{type(error).__name__}: {text}".rstrip(": ")
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " ..."


def describe_exit(code: int | None) -> str:
    """How a process ended, in words: `was killed by SIGSEGV`, `ended with exit code 1`."""
    if code is None:
        return "ended in an unknown way"
    if code < 0:
        try:
            return f"was killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"was killed by signal {-code}"
    return f"ended with exit code {code}"


_COMPLAINTS = ("TT_FATAL", "TT_THROW", "what():", "Error")
_NOISE = re.compile(r"info\s*\|\s*BuildKernels\s*\||^\[[^\]\s]+:\d+\] (\*\*\*|\[ *\d+\])")
"""What ttnn prints of kernels that it compiles, and MPI of any signal's stack, says nothing of an end."""
_TAIL = 16384


def classify_end(last_words: str, code: int | None = None) -> tuple[Verdict, Reason]:
    """What the end of a process means for the vector it ended under.

    Args:
        last_words: what it printed last.
        code: its exit code, negative for a signal.

    Returns:
        A crash, unless its last words tell of the board or the host. SIGKILL is one too, but with a reason of its own,
        since it comes from outside: perhaps from the kernel, to stop a vector that eats all memory, which must not go
        round the farm for ever; perhaps it was meant for another.
    """
    verdict, reason = classify(last_words)
    if verdict.fault or (verdict, reason) == _HANG:
        return verdict, reason
    return Verdict.FAIL_CRASH_HANG, Reason.KILLED if code == -signal.SIGKILL else Reason.CRASH


def telling_line(log: Path, since: int = 0) -> str:
    """The line of a process's log that tells most about its end: ttnn's own complaint, else the last one.

    Args:
        log: where what it prints goes.
        since: how long the log was before.
    """
    with contextlib.suppress(OSError), log.open("rb") as opened:
        size = log.stat().st_size
        opened.seek(max(0, size - _TAIL, since if since <= size else 0))
        lines = opened.read().decode(errors="replace").splitlines()
        told = [line.strip() for line in lines if line.strip() and not _NOISE.search(line)]
        complaints = [line for line in told if any(word in line for word in _COMPLAINTS)]
        return (complaints or told or [""])[-1][:400]
    return ""
