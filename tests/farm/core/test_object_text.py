"""Objects of classes that nobody has read: their texts, and exceptions of such classes as failures."""

from __future__ import annotations

from typing import Any

import pytest

from farm.core.classify import error_text, judge_answer
from farm.core.errors import WorkerInterrupted
from farm.core.object_text import LONGEST_TEXT, class_name, repr_of, text_of
from farm.core.verdicts import Reason, Verdict

LONGEST = 4010
"""Characters of a message, and what says that there were more."""


def raising(problem: BaseException, base: type[BaseException] = Exception) -> BaseException:
    """An exception whose text can't be read."""

    class Hostile(base):  # type: ignore[misc,valid-type] # the base is a variable
        def __str__(self) -> str:
            raise problem

        __repr__ = __str__

    return Hostile()


class Stubborn(str):
    """A text of a class with methods of its own."""

    def _refuse(self, *_arguments: Any) -> Any:
        raise KeyboardInterrupt

    __len__ = __getitem__ = __format__ = __add__ = strip = split = encode = _refuse  # type: ignore[assignment]


class Posing(Exception):  # noqa: N818 - it is no error of farm's
    """An exception that doesn't tell its class, and whose text is of a class of its own."""

    @property  # type: ignore[misc] # that is the point
    def __class__(self) -> Any:
        raise SystemExit(3)

    def __str__(self) -> str:
        return Stubborn("words")


class Nameless(type):
    """A class of classes without a name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override] # that is the point
        raise KeyboardInterrupt


class OfNameless(Exception, metaclass=Nameless):  # noqa: N818 - see Posing
    """An exception of such a class."""


def cycle() -> BaseException:
    """Two exceptions that cause each other."""
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    first.__context__, second.__context__ = second, first
    return first


FAILURES = [
    (raising(ValueError()), "Hostile: its text can't be read: ValueError"),
    (raising(KeyboardInterrupt()), "Hostile: its text can't be read: KeyboardInterrupt"),
    (raising(SystemExit(0)), "Hostile: its text can't be read: SystemExit"),
    (raising(GeneratorExit(), BaseException), "Hostile: its text can't be read: GeneratorExit"),
    (raising(raising(ValueError())), "Hostile: its text can't be read: Hostile"),
    (raising(RecursionError(), RuntimeError), "its text can't be read: RecursionError"),
    (Posing(), "Posing: words"),
    (OfNameless("words"), "OfNameless: words"),
    (KeyboardInterrupt(), "KeyboardInterrupt"),
    (SystemExit(), "SystemExit"),
    (SystemExit(-(1 << 70)), f"SystemExit: {-(1 << 70)}"),
    (SystemExit(raising(ValueError())), "SystemExit: its text can't be read: ValueError"),
    (GeneratorExit("end"), "GeneratorExit: end"),
    (StopIteration(3), "StopIteration: 3"),
    (cycle(), "ValueError: first"),
    (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"), "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff"),
]


@pytest.mark.parametrize("number", range(len(FAILURES)))  # pytest itself can't show these exceptions
def test_each_exception_is_a_failure_with_a_message(number: int) -> None:
    error, message = FAILURES[number]
    verdict, reason, text = judge_answer(error, computes=True)
    assert (verdict, reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
    assert text.startswith(message)
    assert type(text) is str


@pytest.mark.parametrize(
    "unit", ["\n", " ", "\n ", "(", "TT_FATAL ", "backtrace:", "\nbacktrace", "0x", "device ", "a.b"]
)
def test_a_message_of_many_megabytes_is_shortened_before_it_is_read(unit: str) -> None:
    text = error_text(RuntimeError(unit * (10_000_000 // len(unit))))
    assert len(text) < LONGEST


def test_the_end_of_a_long_text_is_kept() -> None:
    text = text_of("a" * LONGEST_TEXT + "the reason")
    assert text.startswith("aaa")
    assert text.endswith("the reason")
    assert len(text) < LONGEST_TEXT + 10
    assert (text_of("short"), repr_of("short"), text_of(Stubborn("plain"))) == ("short", "'short'", "plain")
    assert len(class_name(type("N" * 1_000_000, (Exception,), {})())) == 200


def test_answers_with_hostile_parts() -> None:
    hostile = raising(SystemExit())
    assert judge_answer((False, hostile), computes=True)[2] == "its text can't be read: SystemExit"
    verdict, reason, message = judge_answer(hostile.args, computes=True)
    assert (verdict, reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE)
    assert message.startswith("run() returned ()")
    assert "can't be read" in judge_answer([hostile], computes=True)[2]


def test_an_interruption_of_the_worker_passes() -> None:
    with pytest.raises(WorkerInterrupted):
        text_of(raising(WorkerInterrupted()))
