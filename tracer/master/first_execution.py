"""The first execution of a configuration, whose machine the `config_hash` covers.

tt-metal hashes a configuration with the machine of its first execution, so a master lists that one first. Of several
records of one configuration, one gives the hash: its arguments as they are written, its hash and its first execution
stand. The choice doesn't depend on the order in which the records come.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tracer.values import canonical
from tracer.values.configuration import Configuration, Execution


def put_first(configuration: Configuration) -> None:
    """Put the execution first whose machine the file's `config_hash` was computed with, if there is one.

    Masters of earlier versions of this project list executions by their text.
    """
    executions = configuration.executions
    if configuration.given_hash is None or len(executions) < 2:
        return
    firsts: dict[str, Execution] = {}
    for execution in executions:
        firsts.setdefault(canonical.hashed_machine(execution.machine), execution)
    if len(firsts) > 1:
        for execution in firsts.values():
            if configuration.hash_with(execution.machine) == configuration.given_hash:
                _move_first(executions, execution)
                return


def in_order(configuration: Configuration, text_of: Callable[[Execution], str]) -> list[str]:
    """Return the executions' texts, sorted, but those first whose machine is hashed as the first execution's is."""
    put_first(configuration)
    if not configuration.executions:
        return []
    first = canonical.hashed_machine(configuration.executions[0].machine)
    pairs = [(canonical.hashed_machine(each.machine) != first, text_of(each)) for each in configuration.executions]
    return [text for _, text in sorted(pairs)]


def take_record(old: Configuration, new: Configuration) -> Execution | None:
    """Let another record of a configuration give its hash, if it comes before the present one.

    Returns:
        The execution that is to stand first; None if the present record stands.
    """
    put_first(old)
    put_first(new)
    if _says_no_more(old, new) or _order(old) <= _order(new):
        return None
    old.arguments, old.raw, old.given_hash = new.arguments, new.raw, new.given_hash
    old.forget_derived()
    return new.executions[0] if new.executions else Execution("")


def _says_no_more(old: Configuration, new: Configuration) -> bool:
    """Return whether the second record gives the hash of the first, or computes one where the first brings one."""
    return (
        new.given_hash in (None, old.given_hash)
        and _first_machine(old) == _first_machine(new)
        and old.written_arguments == new.written_arguments
    )


def _order(record: Configuration) -> tuple[Any, ...]:
    """Return the sort key of a record: a hash that can't be computed anew is kept before all; then machines count."""
    text = json.dumps(record.written_arguments, sort_keys=True)
    machine = _first_machine(record)
    place = (machine == canonical.hashed_machine(None), machine, -len(text), text)
    if record.given_hash is None or record.given_hash == record.computed_hash():
        return (1, "", *place)
    return (0, record.given_hash, *place)


def _first_machine(record: Configuration) -> str:
    return canonical.hashed_machine(record.executions[0].machine if record.executions else None)


def _move_first(executions: list[Execution], execution: Execution) -> None:
    executions.insert(0, executions.pop(next(place for place, each in enumerate(executions) if each is execution)))
