"""How configurations and executions are shown, a line for each argument; `tracer.values.show` shows the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracer.master.writing import execution_json
from tracer.schemas.provenance import STATISTICS
from tracer.value_statistics import ValueStatistics, problem_of, statistics_json
from tracer.values import Value, clean, encode, show
from tracer.values.configuration import POSITION, Configuration, Execution
from tracer.values.text import by, counted


def argument_lines(configuration: Configuration) -> list[str]:
    """Return a line for each argument; Nones at the end of the positional ones share one.

    Where the numbers of its tensors were traced, their statistics follow it.
    """
    arguments = list(configuration.arguments.items())
    statistics = configuration.statistics
    lines: list[str] = []
    nones: list[str] = []
    positional = 0  # how many lines are of arguments passed by position
    for place, (name, value) in enumerate(arguments):
        if value is None and POSITION.fullmatch(name) and _only_nones_follow(arguments[place:]):
            nones.append(name)
            continue
        parameter = configuration.name_of(name)
        lines.append(f"{clean(name)}{f' ({clean(parameter)})' if parameter else ''}: {show(value)}")
        lines += statistics_lines(name, statistics)
        positional = len(lines) if POSITION.fullmatch(name) else positional
    if nones:
        lines.insert(positional, f"{nones[0]}: None" if len(nones) == 1 else f"{nones[0]} to {nones[-1]}: None")
    return lines


def statistics_lines(argument: str, statistics: Mapping[str, ValueStatistics]) -> list[str]:
    """Return the statistics of an argument's numbers, indented: a line, or one for each tensor of a list."""
    parts = [(place[len(argument) :], each) for place, each in statistics.items() if _is_in(place, argument)]
    return [f"  {f'{clean(part)}: ' if part else ''}{each.text}" for part, each in parts]


def _is_in(place: str, argument: str) -> bool:
    return place == argument or place.startswith(f"{argument}[")


def _only_nones_follow(arguments: list[tuple[str, Value]]) -> bool:
    return all(value is None for name, value in arguments if POSITION.fullmatch(name))


def result_lines(configuration: Configuration) -> list[str]:
    """Return what the traced call returned or raised, as far as the trace says."""
    lines = [] if configuration.output is None else [f"output: {show(configuration.output)}"]
    return lines if configuration.raised is None else [*lines, f"raised: {clean(configuration.raised)}"]


def execution_line(execution: Execution) -> str:
    """Return where a configuration was seen: source, machine, count."""
    parts = [clean(execution.source) or "a source that is not recorded"]
    if execution.machine:
        parts.append(f"on {_machine(execution.machine)}")
    if execution.count is not None:
        parts.append("once" if execution.count == 1 else f"{execution.count} times")
    for name, model in execution.zoo.items():
        tags = f" (tags {clean(', '.join(model.tags))})" if model.tags else ""
        parts.append(f"{model.state} model {clean(name)}{tags}")
    if execution.device_trace_runs:
        parts.append(f"in device traces that ran {counted(execution.device_trace_runs, 'time')}")
    facts = (("machine", execution.machine or None), ("count", execution.count))
    missing = [name for name, fact in facts if fact is None]
    if missing:
        parts.append(f"{' and '.join(missing)} not recorded")
    if execution.device_config is not None:
        settings = {key: part for key, part in execution.device_config.as_json().items() if key != "mesh_shape"}
        texts = [f"{key}={clean(str(part))}" for key, part in settings.items()]
        parts.append("opened " + " ".join([by(execution.device_config.mesh_shape), *texts]))
    if execution.device_times is not None:
        parts.append(execution.device_times.text)
    if execution.trace_uid:
        parts.append(f"trace {clean(execution.trace_uid)}")
    parts += [f"{which} can't be read ({problem})" for which, problem in unread_statistics(execution).items()]
    return f"seen in {', '.join(parts)}"


def unread_statistics(execution: Execution) -> dict[str, str]:
    """Return which statistics of an execution can't be read, in words, each with the reason."""
    return {
        f"value statistics{f' of {clean(place)}' if place else ''}": clean(problem_of(raw))
        for place, raw in execution.unread_statistics.items()
    }


def configuration_json(configuration: Configuration) -> dict[str, Any]:
    """Return a configuration for machines: hashes, version 2's arguments, what was lost, and where it was seen."""
    return {
        "operation": configuration.operation,
        "index": configuration.index,
        "config_hash": configuration.config_hash,
        "content_hash": configuration.content_hash,
        "arguments": configuration.encoded,
        "argument_names": list(configuration.names),
        "lost": list(configuration.lost),
        "output": encode(configuration.output),
        "raised": configuration.raised,
        STATISTICS: statistics_json(configuration.statistics),
        "executions": [execution_json(execution) for execution in configuration.executions],
    }


def _machine(machine: dict[str, Any]) -> str:
    series = machine.get("device_series")
    if isinstance(series, list):
        series = "+".join(map(str, series))
    words = [str(word) for word in (machine.get("board_type"), series) if word]
    cards, mesh = machine.get("card_count"), machine.get("mesh_device_shape")
    if type(cards) is int and cards != 1:
        words.append(f"x{cards}")
    if isinstance(mesh, list):
        words.append(f"mesh {by(mesh)}")
    return clean(" ".join(words)) or "a machine of no name"
