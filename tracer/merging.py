"""How two records of one configuration become one."""

from __future__ import annotations

import json

from tracer.configuration import Configuration, Execution


def join(old: Configuration, new: Configuration) -> bool:
    """Adds to a configuration what another record of it says more; returns whether that was anything."""
    changed = False
    for execution in new.executions:
        changed = _add_execution(old.executions, execution) or changed
    # what a call returned or raised is what it did when last traced
    if (new.output is not None or new.raised is not None) and (new.output, new.raised) != (old.output, old.raised):
        old.output, old.raised = new.output, new.raised
        changed = True
    if len(new.names) > len(old.names):
        old.names = new.names
        changed = True
    for key, value in new.extra.items():
        if key not in old.extra:
            old.extra[key] = value
            changed = True
    return changed


def _add_execution(known: list[Execution], new: Execution) -> bool:
    for old in known:
        if _same_place(old, new):
            return _join_execution(old, new)
    known.append(new)
    return True


def _same_place(old: Execution, new: Execution) -> bool:
    """The same source on the same machine, opened the same way as far as both say."""
    if old.source != new.source or _text(old.machine) != _text(new.machine):
        return False
    return old.device_config == new.device_config or None in (old.device_config, new.device_config)


def _join_execution(old: Execution, new: Execution) -> bool:
    before = (old.count, old.trace_uid, old.device_config, dict(old.extra))
    # a count is of one run of the source, so of two traces the larger stands, as in tt-metal
    old.count = max((count for count in (old.count, new.count) if count is not None), default=None)
    old.trace_uid = new.trace_uid or old.trace_uid
    old.device_config = new.device_config or old.device_config
    old.extra = {**old.extra, **new.extra}
    return before != (old.count, old.trace_uid, old.device_config, old.extra)


def _text(machine: object) -> str:
    return json.dumps(machine, sort_keys=True)
