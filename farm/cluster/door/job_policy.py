"""Which commands people may run through the door: `farm sweep`, with the options of two tables. Pure.

The words of a request become a checked `SweepSpec`, from which the door writes the job's command anew: none of the
words goes on as it came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from farm.core.errors import FarmError, WrongValue
from farm.core.isolation import Isolation, LeastIsolation
from farm.core.sweep_command import command_of, typed_error
from farm.core.sweep_spec import SweepSpec, options

SHIPPED_FOLDER = "shipped-files"
"""The folder of a job's working directory that has the shipped files. Ray puts the working directory where Python looks
for modules; no module can have this name, so nothing that is shipped takes the place of one of farm's."""
MOST_WORDS = 500
LONGEST_VALUE = 1000
"""Characters of an option's value."""


class Value(Enum):
    """What the value of an option may be."""

    NONE = "no value"
    TEXT = "a text on one line that doesn't begin with -"
    NAMES = "names or patterns of modules, not paths"
    WHOLE = "a whole number of at most 18 digits"
    NUMBER = "a number, such as 1.5"
    SHIPPED = "a path inside the folder that --ship sends, without .."


@dataclass(frozen=True, slots=True)
class Refusal:
    """An option that the door doesn't take.

    Attributes:
        why: the reason, and what to do instead.
    """

    why: str


OptionRule: TypeAlias = Value | Refusal

FIELDS: Mapping[str, OptionRule] = {
    "suite": Value.TEXT,
    "operations": Value.TEXT,
    "master": Value.SHIPPED,
    "tags": Value.TEXT,
    "models": Value.TEXT,
    "modules": Value.NAMES,
    "skip": Value.NAMES,
    "tt_metal": Refusal("send the modules with --ship, and name their folder with --sweeps"),
    "sweeps": Value.SHIPPED,
    "vectors_file": Refusal("such a file names modules anywhere on a host; choose vectors with --vector"),
    "import_timeout": Value.NUMBER,
    "check_module": Refusal("run the module by itself, with --sweeps"),
    "vectors": Value.TEXT,
    "shard": Value.TEXT,
    "limit": Value.WHOLE,
    "sample": Value.WHOLE,
    "seed": Value.WHOLE,
    "boards": Value.TEXT,
    "address": Refusal("a job runs on the farm that the door belongs to"),
    "ttnn": Value.TEXT,
    "timeout": Value.NUMBER,
    "retries": Value.WHOLE,
    "max_time": Value.NUMBER,
    "max_board_time": Value.NUMBER,
    "measure": Value.NONE,
    "watcher": Value.NONE,
    "inputs": Value.TEXT,
    "canary": Value.NONE,
    "repeat": Value.WHOLE,
    "tolerances": Value.SHIPPED,
    "priority": Value.WHOLE,
    "max_boards": Value.WHOLE,
    "worker_memory": Refusal("each host decides that"),
    "isolate": Value.TEXT,
}
"""The rule of each field of `SweepSpec`, for the options that write it."""

OWN_OPTIONS: Mapping[str, OptionRule] = {
    "--json": Value.NONE,
    "--dry-run": Value.NONE,
    "--from": Refusal("a run may be somebody else's; give the options again"),
    "--resume": Refusal("a run may be somebody else's; run its failed vectors with --vector"),
    "--retry-failed": Refusal("run the failed vectors with --vector"),
    "--retry-infra": Refusal("run these vectors with --vector"),
    "--out": Refusal("give it to farm submit, which brings the report there"),
    "--store": Refusal("results go to the store of the head"),
    "--foreground": Refusal("a job has no terminal"),
    "--pdb": Refusal("a job has no terminal"),
    "--help": Refusal("type farm sweep --help"),
}
"""The rule of each other option of `farm sweep`."""

_NUMBERS = {Value.WHOLE: re.compile(r"-?[0-9]{1,18}"), Value.NUMBER: re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")}
_NAMES = re.compile(r"[A-Za-z0-9_.*?\[\]!]+")


@dataclass(frozen=True, slots=True)
class _Known:
    """An option of `farm sweep`.

    Attributes:
        field: the field of `SweepSpec` that it writes; None for an option of the command's own.
        rule: what its value may be.
        adds: what it adds or writes without a value.
    """

    field: str | None
    rule: OptionRule
    adds: str | bool = True


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """What the jobs of a farm's door may do.

    Attributes:
        address: HOST:PORT of the farm.
        least: the isolation that vectors of sweep modules must have.
    """

    address: str
    least: LeastIsolation

    def command(self, words: Sequence[str], *, ships: bool) -> list[str]:
        """The words of the command that a job runs, without `farm`.

        Args:
            words: the words that a person gave.
            ships: whether a folder comes along.

        Raises:
            FarmError: the door doesn't run that.
        """
        values, own = _read(words, ships=ships)
        try:
            spec = SweepSpec.of(**{**values, "address": self.address})
            if not spec.of_modules and "suite" not in values:
                raise FarmError("no --suite: give --suite model_traced, or name sweep modules")
            if spec.of_modules and spec.isolate is None and self.least.isolation is not None:
                spec = spec.updated(isolate=self.least.isolation)
        except WrongValue as error:
            raise typed_error(error) from error
        if spec.priority > 0:
            raise FarmError(f"--priority {spec.priority}: the door takes 0 or less")
        if spec.of_modules and not self.least.permits(spec.isolate):
            raise FarmError(f"--isolate {_name(spec.isolate)}: this farm's door takes {self.least.value} or stronger")
        return [*command_of(spec)[1:], *own]


def _name(isolation: Isolation | None) -> str:
    return LeastIsolation.NONE.value if isolation is None else isolation.value


def _read(words: Sequence[str], *, ships: bool) -> tuple[dict[str, Any], list[str]]:
    """The fields of a spec that words write, and the command's own options."""
    if not words or words[0] != "sweep":
        raise FarmError("the door runs no other command than sweep: farm submit -- sweep ...")
    if len(words) > MOST_WORDS:
        raise FarmError(f"the command has more than {MOST_WORDS} words")
    values: dict[str, Any] = {}
    own: list[str] = []
    known = _known_options()
    rest = list(reversed(words[1:]))
    while rest:
        name, equals, text = rest.pop().partition("=")
        if not name.startswith("-"):
            raise FarmError(f"unexpected argument {name[:LONGEST_VALUE]!r}: options of sweep begin with --")
        if name not in known:
            raise FarmError(f"the door knows no option {name[:LONGEST_VALUE]!r} of sweep")
        option = known[name]
        if isinstance(option.rule, Refusal):
            raise FarmError(f"the door takes no {name}: {option.rule.why}")
        if option.rule is Value.NONE:
            if equals:
                raise FarmError(f"{name} has no value")
            if option.field is None:
                own.append(name)
            else:
                _set(values, option.field, option.adds)
            continue
        if not equals:
            if not rest:
                raise FarmError(f"{name} needs a value")
            text = rest.pop()
        _set(values, option.field or name, _checked(name, text, option.rule, ships=ships))
    return values, own


def _known_options() -> dict[str, _Known]:
    known = {name: _Known(None, rule) for name, rule in OWN_OPTIONS.items()}
    for field, option in options().items():
        rule = FIELDS[field]
        if option.name:
            known[option.name] = _Known(field, rule)
        if option.off:
            known[option.off] = _Known(field, rule, adds=False)
        known |= {flag.name: _Known(field, rule, flag.value) for flag in option.flags}
    return known


def _set(values: dict[str, Any], field: str, value: object) -> None:
    """Write a field; one that holds several values gets one more."""
    if isinstance(SweepSpec.model_fields[field].default, tuple):
        values[field] = (*values.get(field, ()), value)
    else:
        values[field] = value


def _checked(name: str, text: str, rule: Value, *, ships: bool) -> object:
    """The value of an option, of its type.

    Raises:
        FarmError: the value is not what the option's rule says.
    """
    if len(text) > LONGEST_VALUE or not text.isprintable():
        raise FarmError(f"{name}: give a text on one line, of at most {LONGEST_VALUE} characters")
    if rule is Value.SHIPPED:
        return _shipped(name, text, ships=ships)
    form = _NUMBERS.get(rule)
    if form is not None:
        if not form.fullmatch(text):
            raise FarmError(f"{name} {text}: give {rule.value}")
        return int(text) if rule is Value.WHOLE else float(text)
    parts = [part.strip() for part in text.split(",")]
    if rule is Value.NAMES and not all(_NAMES.fullmatch(part) and not part.endswith(".py") for part in parts):
        raise FarmError(f"{name} {text}: at the door, give {rule.value}; --sweeps names a folder or file")
    if text.startswith("-"):
        raise FarmError(f"{name} {text}: give {rule.value}")
    return text


def _shipped(name: str, text: str, *, ships: bool) -> str:
    """The path in a job's working directory of a path in the shipped folder."""
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or text.startswith(("~", "-")):
        raise FarmError(f"{name} {text}: at the door, give {Value.SHIPPED.value}")
    if not ships:
        raise FarmError(f"{name} {text}: send its folder along with --ship FOLDER")
    return str(PurePosixPath(SHIPPED_FOLDER) / path)
