"""Options of tt-metal's scripts in a command of farm: the error about them shows the equivalent command."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import zip_longest
from pathlib import PurePath
from types import MappingProxyType

from farm.core.errors import FarmError
from farm.core.option_rules import SPEC_RULES
from farm.core.payload import MODEL_TRACED
from farm.core.settings import DEFAULT_MASTER

_EVERY_MODULE = ("--module", "*")
_SELECTING = ("--module", "--vectors", "--op", "--master", "--from", "--resume", "--check-module", MODEL_TRACED)
"""Words that select what to run."""
_LEAST_LIKENESS = 0.8


class Takes(Enum):
    """The values of an option."""

    NONE = 0
    ONE = 1
    PERHAPS = 2
    """One, or none."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """An option of tt-metal's.

    Attributes:
        words: the equivalent words of farm, with `{}` for the value; empty if farm needs no such option.
        takes: its values.
        note: why it is left out.
        by_value: other words for some values.
    """

    words: tuple[str, ...] = ()
    takes: Takes = Takes.ONE
    note: str = ""
    by_value: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


_STORE = "results go to the results store, and `farm report RUN --format oprun` writes tt-metal's files"
_COPIES = "farm has no copies of vectors to tell apart; its own --tag selects by the tags of models"

_SELECTION = {
    "--module-name": Foreign(("--module", "{}")),
    "--suite-name": Foreign(("--suite", "{}")),
    "--skip-modules": Foreign(("--skip", "{}")),
}
_RUNNER = {
    **_SELECTION,
    "--vector-source": Foreign(
        note="farm makes the vectors as it runs them; --vectors runs a file, or the folder vectors_export"
    ),
    "--file-path": Foreign(("--vectors", "{}")),
    "--vector-id": Foreign(("--vector", "{}")),
    "--result-dest": Foreign(note=_STORE),
    "--elastic": Foreign(note=_STORE),
    "--mesh-dims": Foreign(note="a board that opens another mesh or fabric is opened anew"),
    "--skip-on-timeout": Foreign(
        takes=Takes.NONE, note="after a hang the board is reset and the other vectors run; --max-time limits a run"
    ),
    "--keep-invalid": Foreign(takes=Takes.NONE, note="invalid vectors are always reported, as not_run"),
    "--summary": Foreign(takes=Takes.NONE, note="a summary is always printed"),
    "--fail-on-test-failure": Foreign(takes=Takes.NONE, note="the exit code is always 1 if a vector fails"),
    "--main-proc-verbose": Foreign(("--foreground",), Takes.NONE),
    "--trace-params": Foreign(
        takes=Takes.NONE, note="`farm trace --verify MASTER` runs a master's configurations under the tracer"
    ),
}
_GENERATOR = {
    **_SELECTION,
    "--model-traced": Foreign(
        ("--module", "model_traced"),
        Takes.PERHAPS,
        by_value=MappingProxyType({"lead": ("--module", "model_traced", "--tag", "lead")}),
    ),
    "--master-trace": Foreign(("--master", "{}")),
    "--dump-file": Foreign(("--format", "tt-metal", "--out", "vectors_export"), Takes.NONE),
    "--randomize": Foreign(note="`farm sweep --sample N --seed SEED` runs a random sample"),
    "--mesh-shape": Foreign(note="each vector goes to a board that has its mesh"),
    "--group-by": Foreign(note="each vector goes to a board that has its mesh"),
    "--use-db": Foreign(takes=Takes.NONE, note="a master is a file: --master FILE"),
}
_KEEP = "--store without a folder"
_BEFORE_TEST = {word: f"{word} before the test" for word in ("--debug", "-d")}
_DEBUG = Foreign(takes=Takes.NONE, note="the test's output is always shown")
_TRACER = {
    "--output-dir": Foreign(("--out", "{}")),
    "-o": Foreign(("--out", "{}")),
    "--keep-traces": Foreign(("--store", "traces"), Takes.NONE),
    _KEEP: Foreign(("--store", "traces"), Takes.NONE),
    "--from-trace-dir": Foreign(("--load", "{}")),
    **dict.fromkeys(_BEFORE_TEST.values(), _DEBUG),
}
_ANALYZER = {"--list": Foreign(takes=Takes.NONE, note="without an operation, all are listed")}

FOREIGN: Mapping[str, Mapping[str, Foreign]] = {
    "sweep": {**_GENERATOR, **_RUNNER},
    "vectors": {**_RUNNER, **_GENERATOR},
    "modules": {**_RUNNER, **_GENERATOR},
    "trace": _TRACER,
    "ops": _ANALYZER,
}
"""Options of tt-metal's that farm has under another name or not at all, by the command that takes their place."""


class ForeignOptions(FarmError):  # noqa: N818 - it names what happened, as NothingSelected does
    """Options of tt-metal's were used; the text has the equivalent command."""


@dataclass(slots=True)
class _Command:
    """The equivalent command, while it is assembled."""

    words: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # the options as they were typed
    left_out: dict[str, str] = field(default_factory=dict)  # why, by option


def refuse_foreign_options(command: Sequence[str], words: Sequence[str], own: Collection[str]) -> None:
    """Refuse options of tt-metal's that farm has under another name or not at all.

    Args:
        command: the command's first words: `farm`, and its name.
        words: the words after it.
        own: the options that the command has.

    Raises:
        ForeignOptions: there are some.
    """
    name = command[-1]
    foreign = FOREIGN.get(name, {})
    translated = _Command()
    ahead, behind = _divided(words)
    remaining = iter(_with_flags(name, ahead))
    following: list[str] = []  # words that were read as a value, but are none
    while (word := following.pop() if following else next(remaining, None)) is not None:
        typed, equals, value = word.partition("=")
        option = _meant(typed, foreign, own, guess=name != "trace")
        if option is None:
            translated.words.append(word)
            continue
        each = foreign[option]
        if each.takes is not Takes.NONE and not equals:
            value = next(remaining, "")
            if value.startswith("-") or (each.takes is Takes.PERHAPS and value not in ("all", "lead")):
                following += [value] if value else []
                value = ""
        if option == "-o" and "=" in value:  # pytest's: a setting of its own
            translated.words += [word, value]
            continue
        translated.foreign.append(typed)
        _add(translated, name, option, each, _value(name, option, value), own)
    if not translated.foreign:
        return
    _complete(name, translated)
    raise ForeignOptions("\n".join(_lines(name, [*command, *translated.words, *behind], translated, behind)))


def _divided(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before `--`, and the rest."""
    end = words.index("--") if "--" in words else len(words)
    return list(words[:end]), list(words[end:])


def _with_flags(name: str, words: Sequence[str]) -> Iterator[str]:
    """The words, with two options of tt-metal's tracer that mean something else in farm under names of their own.

    In tt-metal, `--store` takes no folder. `--debug` and `-d` before the test are the tracer's, after it the test's.
    """
    if name != "trace":
        yield from words
        return
    ahead = True
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        ahead = ahead and not _is_test(word)
        if word == "--store" and (not following or following.startswith("-") or _is_test(following)):
            yield _KEEP
        else:
            yield _BEFORE_TEST.get(word, word) if ahead else word


def _is_test(word: str) -> bool:
    return word.partition("::")[0].endswith(".py")


def _meant(typed: str, foreign: Mapping[str, Foreign], own: Collection[str], *, guess: bool) -> str | None:
    """The option of tt-metal's that a word names: exactly, abbreviated as argparse allows, or misspelt."""
    if typed in foreign:
        return typed
    if not guess or not typed.startswith("--") or typed in own:
        return None
    begun = [option for option in foreign if option.startswith(typed)]
    if len(begun) == 1 and len(typed) > len("--"):
        return begun[0]
    close = difflib.get_close_matches(typed, [*own, *foreign], n=1, cutoff=_LEAST_LIKENESS)
    return close[0] if close and close[0] in foreign else None


def _value(name: str, option: str, value: str) -> str:
    """The value as farm's option takes it."""
    if not value:
        return option.lstrip("-").replace("-", "_").upper()
    if name == "trace" and option in ("--output-dir", "-o") and PurePath(value).suffix != ".json":
        return str(PurePath(value) / DEFAULT_MASTER)
    return value


def _add(command: _Command, name: str, option: str, foreign: Foreign, value: str, own: Collection[str]) -> None:
    words = [word.replace("{}", value) for word in foreign.by_value.get(value, foreign.words)]
    if not words:
        command.left_out[option] = foreign.note
    elif words[0] not in own:
        other = "vectors" if name == "sweep" else "sweep"
        command.left_out[option] = f"it is for `farm {other}`: {shlex.join(words)}"
    else:
        command.words += words


def _complete(name: str, command: _Command) -> None:
    """Leave out options without effect, and add the selection that is tt-metal's default."""
    if name not in ("sweep", "vectors", "modules"):
        return
    if "--tag" in command.words and "--model-traced" not in command.foreign:
        place = command.words.index("--tag")
        del command.words[place : place + 2]
        command.left_out["--tag"] = _COPIES
    if "--vectors" in command.words:
        command.left_out.pop("--vector-source", None)
        for option in sorted({each for rule in SPEC_RULES if "--vectors" in rule.excludes for each in rule.options}):
            if option in command.words:
                place = command.words.index(option)
                del command.words[place : place + 2]
                command.left_out[option] = "the file of vectors names the modules"
    elif name == "sweep" and not any(word.partition("=")[0] in _SELECTING for word in command.words):
        command.words = [*_EVERY_MODULE, *command.words]


def _lines(name: str, words: Sequence[str], command: _Command, behind: Sequence[str]) -> Iterator[str]:
    *others, last = dict.fromkeys(command.foreign)
    options = f"{', '.join(others)} and {last} are options" if others else f"{last} is an option"
    yield f"{options} of tt-metal's; the command is"
    yield f"  {shlex.join(words)}"
    yield from (f"  without {option}: {reason}" for option, reason in command.left_out.items())
    if name == "trace" and not behind:
        yield "  put options of the test itself after --"
