"""Classification of exceptions and of ended processes by the table of `farm.core.failure_texts`."""

from __future__ import annotations

import re
import signal

from farm.core.answers import LONGEST_MESSAGE, NoAnswer, read_answer
from farm.core.failure_texts import COMPILE_FAILURE, RULES, Where
from farm.core.lacks import LackingError
from farm.core.object_text import class_name, text_of
from farm.core.verdicts import Reason, Verdict


def classify(message: str) -> tuple[Verdict, Reason]:
    """The verdict of an exception by its text; any other exception is a failed assertion, as in tt-metal."""
    text = _BACKTRACE.sub("", message)
    words = last_words(text)
    for rule in RULES:
        if rule.pattern.search(words if rule.where is Where.LAST_WORDS else text):
            return rule.verdict, rule.reason
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION


def classify_error(error: BaseException) -> tuple[Verdict, Reason]:
    """The verdict of an exception."""
    if issubclass(type(error), LackingError):  # a class may say that it is another one
        return Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND
    return classify(text_of(error))


def is_compile_failure(message: str) -> bool:
    """Whether an exception's text says that a kernel was not compiled."""
    return COMPILE_FAILURE.search(_BACKTRACE.sub("", message)) is not None


NOT_COMPARED = "not compared, since a mock board computes no numbers; the module said"


def judge_answer(answer: object, *, computes: bool) -> tuple[Verdict, Reason, str]:
    """The verdict, reason and message of a sweep module's `run()`.

    Args:
        answer: `(ok, message)`, `[(ok, message), nanoseconds]`, or the exception that it raised.
        computes: whether the board computes numbers. If not, the module's own comparison means nothing.
    """
    if isinstance(answer, BaseException):
        return *classify_error(answer), error_text(answer)
    try:
        read = read_answer(answer)
    except NoAnswer as error:
        return Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE, str(error)
    if not computes:
        return (Verdict.VALIDATED, Reason.NONE, read.message) if read.good else not_compared(read.message)
    if read.good:
        return Verdict.PASS, Reason.NONE, read.message
    return Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, read.message or "run() returned False"


def not_compared(message: str) -> tuple[Verdict, Reason, str]:
    """Return the verdict, reason and message if a module rejects numbers that no board has computed."""
    return Verdict.VALIDATED, Reason.NONE, f"{NOT_COMPARED}: {message}"


_BACKTRACE = re.compile(r"\n[^\S\n]*backtrace:.*", re.DOTALL)


def error_text(error: BaseException) -> str:
    """An exception as text: with its class unless it is ttnn's RuntimeError, and without the C++ backtrace."""
    text = _BACKTRACE.sub("", text_of(error)).strip()
    if not issubclass(type(error), RuntimeError) or not text:
        text = f"{class_name(error)}: {text}".rstrip(": ")
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + " ..."


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


_ERROR_MARKS = ("TT_FATAL", "TT_THROW", "what():", "Error", "ERROR:")
_NOISE = re.compile(r"info\s*\|\s*BuildKernels\s*\||^\[[^\]\s]+:\d+\] (\*\*\*|\[ *\d+\]|Signal|Associated|Failing)")
"""ttnn's lines about compiled kernels, and MPI's stack at a signal: they don't explain why a process ended."""
_LONGEST_LINE = 400
END_BYTES = 16384
"""How much of the end of what a process printed may explain its end."""


def classify_end(printed: str, code: int | None = None) -> tuple[Verdict, Reason]:
    """The verdict of the vector that was running when a process ended.

    Args:
        printed: what the process printed since the vector began.
        code: its exit code, negative for a signal.

    Returns:
        A crash, unless its last words blame the board or the host, or say that the device hung or that the watcher
        stopped it. SIGKILL is a crash with a reason of its own, since it comes from outside: perhaps from the kernel,
        to stop a vector that uses all memory, which must not be retried forever; perhaps because of another process.
    """
    words = last_words(printed)
    for rule in RULES:
        decides_end = rule.verdict.fault or rule.verdict is Verdict.FAIL_WATCHER or rule.reason is Reason.HANG
        if decides_end and rule.pattern.search(printed if rule.where is Where.PRINTED else words):
            return rule.verdict, rule.reason
    return Verdict.FAIL_CRASH_HANG, Reason.KILLED if code == -signal.SIGKILL else Reason.CRASH


def last_words(printed: str) -> str:
    """What of a text says why it ended: the last error and what follows it, otherwise the last line."""
    lines = _telling(printed)
    errors = [number for number, line in enumerate(lines) if any(mark in line for mark in _ERROR_MARKS)]
    return "\n".join(lines[errors[-1] if errors else -1 :])


def last_error_line(printed: str) -> str:
    """The line of what a process printed that best explains its end: the last error, otherwise the last line.

    In front of it is what was printed before and was bound to end the process, such as the watcher's words.
    """
    first, *more = last_words(printed).split("\n")
    if more[:1] == ["info:"]:  # tt-metal's own text is in the next line
        first = " ".join([first, *more[1:2]])
    final = [rule for rule in RULES if rule.where is Where.PRINTED]
    told = (line for line in _telling(printed) if any(rule.pattern.search(line) for rule in final))
    before = next((line for line in told if line not in first), None)
    return (first if before is None else f"{before}: {first}")[:_LONGEST_LINE]


def _telling(printed: str) -> list[str]:
    """The lines of a text that may explain an end."""
    lines = _BACKTRACE.sub("", printed).splitlines()
    return [line.strip() for line in lines if line.strip() and not _NOISE.search(line)]
