"""The text of a master: version 2, as tt-metal's own tools read it.

One line per argument and per execution: small files, and diffs that show the argument that differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracer.values import encode
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution, in_order

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(", ", ": "), allow_nan=False)
# Of the metadata: what is written anew, and what a rewrite would make a lie.
_DERIVED = frozenset({"models", "operations_summary", "total_configurations", "unique_operations"})
_STALE = frozenset({"last_updated", "operation_types"})


def text_of(
    configurations: Mapping[str, Sequence[Configuration]],
    broken: Sequence[BrokenConfiguration],
    metadata: Mapping[str, Any],
) -> str:
    """The whole file. Equal content gives equal text: all is sorted, but arguments, which are in the call's order."""
    unread: dict[str, list[str]] = {}
    for each in broken:
        unread.setdefault(each.operation, []).append(_dumps(each.raw))
    names = sorted({name for name, found in configurations.items() if found} | unread.keys())
    entries = []
    for name in names:
        found = sorted(configurations.get(name, ()), key=lambda each: each.canonical_text)
        blocks = [_configuration(each) for each in found] + sorted(unread.get(name, []))
        entries.append(f'  {_dumps(name)}: {{"configurations": [\n   {_joined(blocks, 3)}\n  ]}}')
    summary = {name: len(configurations.get(name, ())) + len(unread.get(name, ())) for name in names}
    sources = {seen.source for found in configurations.values() for each in found for seen in each.executions}
    facts = {
        **{key: part for key, part in metadata.items() if key not in _DERIVED | _STALE},
        "models": sorted(sources - {""}),
        "operations_summary": summary,
        "total_configurations": sum(summary.values()),
        "unique_operations": len(names),
    }
    lines = [f"  {_dumps(key)}: {_dumps(facts[key])}" for key in sorted(facts)]
    joined = ",\n".join(entries)
    operations = f"{{\n{joined}\n }}" if entries else "{}"
    return "".join(["{\n", ' "metadata": {\n', ",\n".join(lines), "\n },\n", f' "operations": {operations}\n', "}\n"])


def _joined(blocks: Iterable[str], indent: int) -> str:
    return f",\n{' ' * indent}".join(blocks)


def _configuration(each: Configuration) -> str:
    arguments = each.raw if each.raw is not None else each.encoded
    parts = {key: _dumps(part) for key, part in each.extra.items()}
    parts["arguments"] = _block(
        [f"{_dumps(name)}: {_dumps(arguments[name])}" for name in in_order(each.arguments)], "{}"
    )
    parts["config_hash"] = _dumps(each.config_hash)
    parts["executions"] = _block(sorted(_dumps(execution_json(seen)) for seen in each.executions), "[]")
    if each.names:
        parts["argument_names"] = _dumps(list(each.names))
    if each.output is not None:
        parts["output"] = _dumps(encode(each.output))
    if each.raised is not None:
        parts["raised"] = _dumps(each.raised)
    return f"{{{_joined((f'{_dumps(key)}: {parts[key]}' for key in sorted(parts)), 4)}}}"


def _block(lines: Sequence[str], marks: str) -> str:
    """An object or a list, a line each."""
    return f"{marks[0]}\n     {_joined(lines, 5)}{marks[1]}" if lines else marks


def execution_json(seen: Execution) -> dict[str, Any]:
    """An execution as version 2 has it."""
    raw = dict(seen.extra)
    raw["source"] = seen.source
    if seen.machine is not None:
        raw["machine_info"] = seen.machine
    if seen.count is not None:
        raw["count"] = seen.count
    if seen.trace_uid is not None:
        raw["trace_uid"] = seen.trace_uid
    if seen.device_config is not None:
        raw["device_config"] = seen.device_config.as_json()
    return raw


def _dumps(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_finite(value))


def _finite(value: Any) -> Any:
    """The same with infinities, which a file may hold as `1e999`, as version 2 writes them."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return encode(value)
