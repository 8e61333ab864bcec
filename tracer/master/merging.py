"""How two records of one configuration become one."""

from __future__ import annotations

import json
from collections.abc import Hashable
from copy import copy
from dataclasses import replace
from operator import itemgetter

from tracer.device_config import DeviceConfig
from tracer.device_times import preferred
from tracer.master.first_execution import take_record
from tracer.value_statistics import join_statistics
from tracer.values import EnumMember, MemoryConfig, Tensor
from tracer.values.configuration import Configuration, Execution, in_order
from tracer.values.zoo_model import joined_models

OUTPUTS_DIFFER = "outputs_differ"
"""The key of a configuration whose output depends on the board, so that the master holds none."""


def join(old: Configuration, new: Configuration) -> bool:
    """Add to a configuration what another record of it says more; return whether that was anything."""
    changed = False
    boards_differ = _outputs_differ_by_board(old, new)
    order = in_order(old.arguments)
    names = min(order, in_order(new.arguments))
    first = take_record(old, new)
    for execution in new.executions:
        changed = add_execution(old.executions, execution) or changed
    if first is not None:
        old.executions.sort(key=lambda each: _place(each) != _place(first))
        changed = True
    # of two orders of arguments passed by name, the same one stands whichever was seen first
    if in_order(old.arguments) != names:
        old.arguments = {name: old.arguments[name] for name in names}
    changed = changed or names != order
    for key, value in new.extra.items():
        if key not in old.extra:
            old.extra[key] = value
            changed = True
    if boards_differ or OUTPUTS_DIFFER in old.extra:
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


def _outputs_differ_by_board(old: Configuration, new: Configuration) -> bool:
    """Return whether outputs differ because boards of other architectures choose other cores: then none is right."""
    if old.output is None or new.output is None or old.output == new.output:
        return False
    return _architectures(old).isdisjoint(_architectures(new))


def _architectures(configuration: Configuration) -> set[str | None]:
    return {(execution.machine or {}).get("board_type") for execution in configuration.executions}


_HASHED = frozenset({type(None), bool, int, str, Tensor, MemoryConfig, EnumMember})


def rough_key(configuration: Configuration) -> Hashable:
    """Return a key that is quick to compute: equal for configurations of equal content, and mostly not for others.

    Floats are not part of it, since nan is not equal to nan.
    """
    return tuple(
        [
            (name, value if type(value) in _HASHED else type(value))
            for name, value in sorted(configuration.arguments.items(), key=itemgetter(0))
        ]
    )


def copied(new: Configuration) -> Configuration:
    """Return a copy whose executions can be added to, each place once."""
    own = copy(new)
    own.executions, own.extra = [], dict(new.extra)
    for execution in new.executions:
        add_execution(own.executions, execution)
    return own


def add_execution(executions: list[Execution], new: Execution) -> bool:
    """Add to a list what one execution says more; return whether that was anything."""
    place = _place(new)
    for old in executions:
        if _place(old) == place:
            return _join_execution(old, new)
    executions.append(replace(new, statistics=dict(new.statistics), zoo=dict(new.zoo)))
    return True


def _place(execution: Execution) -> tuple[str, str, DeviceConfig | None]:
    """Return what two executions of one place share: the source, the machine, and how it was opened."""
    return execution.source, json.dumps(execution.machine, sort_keys=True), execution.device_config


def _join_execution(old: Execution, new: Execution) -> bool:
    before = _joined_parts(old)
    # a count is of one run of the source, so of two traces the larger stands, as in tt-metal
    old.count = max((count for count in (old.count, new.count) if count is not None), default=None)
    old.device_trace_runs = max(old.device_trace_runs, new.device_trace_runs)
    old.zoo = joined_models(old.zoo, new.zoo)
    old.trace_uid = new.trace_uid or old.trace_uid
    old.extra = {**old.extra, **new.extra}
    old.unread_statistics = {**old.unread_statistics, **new.unread_statistics}
    old.device_times = preferred(old.device_times, new.device_times)
    changed = join_statistics(old.statistics, new.statistics)
    return changed or before != _joined_parts(old)


def _joined_parts(execution: Execution) -> tuple[object, ...]:
    """Return what joining may change, but for the statistics."""
    return (
        execution.count,
        execution.device_trace_runs,
        execution.zoo,
        execution.device_times,
        execution.trace_uid,
        execution.extra,
        execution.unread_statistics,
    )
