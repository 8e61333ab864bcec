"""The text of a master: version 2, as tt-metal's own tools read it.

One line per argument and per execution: small files, and diffs that show the argument that differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tracer.master import first_execution
from tracer.master.files import NON_FINITE
from tracer.schemas.provenance import DEVICE_TIMES, DEVICE_TRACE_RUNS, STATISTICS, ZOO
from tracer.value_statistics import written_statistics
from tracer.values import encode
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution, in_order
from tracer.values.padding import PADDED_SHAPES

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(", ", ": "), allow_nan=False)
_DERIVED = frozenset({"models", "operations_summary", "total_configurations", "unique_operations"})
"""Metadata that is computed anew."""
_STALE = frozenset({"last_updated", "operation_types"})
"""Metadata that a rewrite would make wrong."""


def text_of(
    configurations: Mapping[str, Sequence[Configuration]],
    broken: Sequence[BrokenConfiguration],
    metadata: Mapping[str, Any],
) -> str:
    """Return the whole file. Equal content gives equal text: all but arguments, which keep their order, is sorted.

    Of a configuration's executions, that one is first whose machine its `config_hash` covers.
    """
    broken_texts: dict[str, list[str]] = {}
    for each in broken:
        broken_texts.setdefault(each.operation, []).append(_dumps(each.raw))
    names = sorted({name for name, elements in configurations.items() if elements} | broken_texts.keys())
    entries = []
    for name in names:
        elements = sorted(configurations.get(name, ()), key=lambda each: each.canonical_text)
        blocks = [_configuration(each) for each in elements] + sorted(broken_texts.get(name, []))
        entries.append(f'  {_dumps(name)}: {{"configurations": [\n   {_joined(blocks, 3)}\n  ]}}')
    summary = {name: len(configurations.get(name, ())) + len(broken_texts.get(name, ())) for name in names}
    sources = {
        execution.source
        for elements in configurations.values()
        for configuration in elements
        for execution in configuration.executions
    }
    whole_metadata = {
        **{key: part for key, part in metadata.items() if key not in _DERIVED | _STALE},
        "models": sorted(sources - {""}),
        "operations_summary": summary,
        "total_configurations": sum(summary.values()),
        "unique_operations": len(names),
    }
    lines = [f"  {_dumps(key)}: {_dumps(whole_metadata[key])}" for key in sorted(whole_metadata)]
    joined = ",\n".join(entries)
    operations = f"{{\n{joined}\n }}" if entries else "{}"
    return "".join(["{\n", ' "metadata": {\n', ",\n".join(lines), "\n },\n", f' "operations": {operations}\n', "}\n"])


def _joined(blocks: Iterable[str], indent: int) -> str:
    return f",\n{' ' * indent}".join(blocks)


def _configuration(each: Configuration) -> str:
    executions = first_execution.in_order(each, lambda execution: _dumps(execution_json(execution)))
    arguments = each.written_arguments
    parts = {key: _dumps(part) for key, part in each.extra.items()}
    parts["arguments"] = _block(
        [f"{_dumps(name)}: {_dumps(arguments[name])}" for name in in_order(each.arguments)], "{}"
    )
    parts["config_hash"] = _dumps(each.config_hash)
    parts["executions"] = _block(executions, "[]")
    if each.names:
        parts["argument_names"] = _dumps(list(each.names))
    if each.padded_shapes:
        parts[PADDED_SHAPES] = _dumps(each.padded_shapes)
    if each.output is not None:
        parts["output"] = _dumps(encode(each.output))
    if each.raised is not None:
        parts["raised"] = _dumps(each.raised)
    return f"{{{_joined((f'{_dumps(key)}: {parts[key]}' for key in sorted(parts)), 4)}}}"


def _block(lines: Sequence[str], marks: str) -> str:
    """Return an object or a list with one line per element."""
    return f"{marks[0]}\n     {_joined(lines, 5)}{marks[1]}" if lines else marks


def execution_json(execution: Execution) -> dict[str, Any]:
    """Return the JSON of an execution."""
    raw = dict(execution.extra)
    raw["source"] = execution.source
    if execution.machine is not None:
        raw["machine_info"] = execution.machine
    if execution.count is not None:
        raw["count"] = execution.count
    if execution.trace_uid is not None:
        raw["trace_uid"] = execution.trace_uid
    if execution.device_config is not None:
        raw["device_config"] = execution.device_config.as_json()
    if execution.zoo:
        raw[ZOO] = {name: model.as_json() for name, model in execution.zoo.items()}
    if execution.device_trace_runs:
        raw[DEVICE_TRACE_RUNS] = execution.device_trace_runs
    if execution.statistics or execution.unread_statistics:
        raw[STATISTICS] = written_statistics(execution.statistics, execution.unread_statistics)
    if execution.device_times is not None:
        raw[DEVICE_TIMES] = execution.device_times.as_json()
    return raw


def _dumps(value: Any) -> str:
    try:
        return _ENCODER.encode(value)
    except ValueError:
        # a file may hold an infinity as `1e999`
        return _ENCODER.encode(json.loads(json.dumps(value), parse_constant=NON_FINITE.__getitem__))
