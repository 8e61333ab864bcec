"""Which options have an effect only beside others: one without an effect is refused, never ignored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What some options of a command need or exclude.

    Attributes:
        options: the options that it is about, such as `--pdb`.
        beside: the rule holds only where one of these is present, too; empty for always.
        needs: they have an effect only beside one of these; empty for beside any.
        excludes: they have no effect beside any of these.
        advice: what to do instead, for the error; empty for the usual advice.
    """

    options: tuple[str, ...]
    beside: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """An option that has no effect beside the others, and the error about it."""

    option: str
    message: str


def misfits(rules: Iterable[Rule], present: Collection[str]) -> Iterator[Misfit]:
    """The options that break a rule.

    Args:
        rules: the rules of a command.
        present: the options that are present.
    """
    for rule in rules:
        if rule.beside and not any(other in present for other in rule.beside):
            continue
        for option in rule.options:
            if option not in present:
                continue
            if rule.needs and not any(other in present for other in rule.needs):
                advice = rule.advice or f"add it, or leave {option} out"
                yield Misfit(option, f"{option} needs {' or '.join(rule.needs)}: {advice}")
            for other in rule.excludes:
                if other in present:
                    advice = rule.advice or "leave one of them out"
                    yield Misfit(option, f"{option} and {other} can't be combined: {advice}")


_OF_MODULES = ("--module", "--tt-metal", "--sweeps")

SPEC_RULES = (
    Rule(
        ("--op", "--model", "--check-module"),
        excludes=(*_OF_MODULES, "--vectors"),
        advice="it is for --suite model_traced, the configurations of a master; modules have their own",
    ),
    Rule(
        ("--master", "--tag"),
        excludes=("--vectors",),
        advice="the file has the vectors with all that they need",
    ),
    Rule(("--skip",), needs=(*_OF_MODULES, "--vectors")),
    Rule(("--import-timeout",), needs=(*_OF_MODULES, "--vectors", "--check-module")),
    Rule(
        ("--seed",),
        beside=(*_OF_MODULES, "--vectors"),
        needs=("--sample",),
        advice="modules make their own input numbers; leave --seed out",
    ),
    Rule(
        ("--inputs", "--canary", "--no-canary", "--repeat", "--tolerances"),
        excludes=(*_OF_MODULES, "--vectors"),
        advice="it is for --suite model_traced; modules make and judge their own numbers",
    ),
    Rule(
        ("--priority", "--max-boards"),
        needs=("--address",),
        advice="it is for runs that share a farm; name it with --address",
    ),
)
"""The rules of the options that a `SweepSpec` keeps."""
