"""How two records of one configuration become one."""

from __future__ import annotations

import json
from collections.abc import Hashable
from copy import copy
from dataclasses import replace
from operator import itemgetter

from tracer.device_config import DeviceConfig
from tracer.values import EnumMember, MemoryConfig, Tensor
from tracer.values.configuration import Configuration, Execution, in_order

OUTPUTS_DIFFER = "outputs_differ"
"""The key of a configuration whose output depends on the board, so that the master tells none."""


def join(old: Configuration, new: Configuration) -> bool:
    """Adds to a configuration what another record of it says more; returns whether that was anything."""
    changed = False
    boards = _outputs_by_board(old, new)
    # a hash of another tool's making stands; one that this project computed follows the executions
    ours = any(not _known(old.executions, each) for each in new.executions) and _computed(old)
    for execution in new.executions:
        changed = add_execution(old.executions, execution) or changed
    if ours:
        old.forget_hash()
    # of two orders in which arguments were given by name one must stand, whichever came first
    if in_order(new.arguments) < in_order(old.arguments):
        old.arguments = new.arguments
        changed = True
    for key, value in new.extra.items():
        if key not in old.extra:
            old.extra[key] = value
            changed = True
    if boards or OUTPUTS_DIFFER in old.extra:
        changed = changed or old.output is not None
        old.extra[OUTPUTS_DIFFER] = True
        old.output = None
    # what a call returned or raised is what it did when last traced
    elif (new.output is not None or new.raised is not None) and (new.output, new.raised) != (old.output, old.raised):
        old.output, old.raised = new.output, new.raised
        changed = True
    if len(new.names) > len(old.names):
        old.names = new.names
        changed = True
    return changed


def _outputs_by_board(old: Configuration, new: Configuration) -> bool:
    """Whether two outputs differ since boards of different architectures choose different cores: then none is right."""
    if old.output is None or new.output is None or old.output == new.output:
        return False
    architectures = [{(seen.machine or {}).get("board_type") for seen in each.executions} for each in (old, new)]
    return architectures[0].isdisjoint(architectures[1])


def _known(executions: list[Execution], new: Execution) -> bool:
    return any(_place(old) == _place(new) for old in executions)


def _computed(configuration: Configuration) -> bool:
    return configuration.given_hash is None or configuration.given_hash == configuration.computed_hash()


_TELLING = frozenset({type(None), bool, int, str, Tensor, MemoryConfig, EnumMember})


def likeness(configuration: Configuration) -> Hashable:
    """What configurations of one content have in common, and most others not: quickly told.

    Floats are not part of it, since one nan is not another.
    """
    return tuple(
        [
            (name, value if type(value) in _TELLING else type(value))
            for name, value in sorted(configuration.arguments.items(), key=itemgetter(0))
        ]
    )


def copied(new: Configuration) -> Configuration:
    """A record of its own, whose executions can be added to, each place once."""
    own = copy(new)
    own.executions, own.extra = [], dict(new.extra)
    for execution in new.executions:
        add_execution(own.executions, execution)
    return own


def add_execution(known: list[Execution], new: Execution) -> bool:
    """Adds to a list what one execution says more; returns whether that was anything."""
    place = _place(new)
    for old in known:
        if _place(old) == place:
            return _join_execution(old, new)
    known.append(replace(new))
    return True


def _place(seen: Execution) -> tuple[str, str, DeviceConfig | None]:
    """What makes two executions the same: the source, the machine, and how it was opened."""
    return seen.source, json.dumps(seen.machine, sort_keys=True), seen.device_config


def _join_execution(old: Execution, new: Execution) -> bool:
    before = (old.count, old.trace_uid, old.extra)
    # a count is of one run of the source, so of two traces the larger stands, as in tt-metal
    old.count = max((count for count in (old.count, new.count) if count is not None), default=None)
    old.trace_uid = new.trace_uid or old.trace_uid
    old.extra = {**old.extra, **new.extra}
    return before != (old.count, old.trace_uid, old.extra)
