"""Where a configuration was seen: nothing, a `source` with a `machine_info`, `contexts` of these, or `executions`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracer.device_config import DeviceConfig
from tracer.device_times import DeviceTimes
from tracer.schemas.base import MalformedConfigurationError
from tracer.value_statistics import read_statistics
from tracer.values.configuration import Execution
from tracer.values.equal_json import ReadOnce
from tracer.values.text import brief
from tracer.values.zoo_model import ZooModel

STATISTICS = "value_statistics"
"""The key of an execution that holds the statistics of its tensors' numbers."""

ZOO = "zoo"
"""The key of an execution that holds the models of a zoo that its source was traced as."""

DEVICE_TRACE_RUNS = "device_trace_runs"
"""The key of an execution that says how often device traces with the call in them ran."""

DEVICE_TIMES = "device_times"
"""The key of an execution that holds measured times on the device."""

_CONTEXT_KEYS = frozenset({"source", "machine_info", "count", "trace_uid", "device_config"})
_EXECUTION_KEYS = _CONTEXT_KEYS | {STATISTICS, DEVICE_TRACE_RUNS, DEVICE_TIMES, ZOO}


def executions(raw: dict[str, Any]) -> Iterator[Execution]:
    """Yield the executions of a configuration, from whichever form of provenance it has.

    Raises:
        MalformedConfigurationError: it is of no known form.
    """
    if "executions" in raw:
        for part in _list(raw["executions"], "executions"):
            yield _execution(part)
    elif "contexts" in raw:
        for part in _list(raw["contexts"], "contexts"):
            if not isinstance(part, dict):
                raise MalformedConfigurationError(f"a context must be an object, not {brief(part)}")
            yield from _unpaired(part, {key: rest for key, rest in part.items() if key not in _CONTEXT_KEYS})
    else:
        yield from _unpaired(raw, {})


def text(raw: Any, what: str) -> str | None:
    """Return text, or None.

    Raises:
        MalformedConfigurationError: it is anything else.
    """
    if raw is not None and not isinstance(raw, str):
        raise MalformedConfigurationError(f"{what} must be text, not {brief(raw)}")
    return raw


def _execution(raw: Any) -> Execution:
    if not isinstance(raw, dict):
        raise MalformedConfigurationError(f"an execution must be an object, not {brief(raw)}")
    source, machine, count, config = (
        raw.get("source"),
        raw.get("machine_info"),
        raw.get("count"),
        raw.get("device_config"),
    )
    if isinstance(machine, list) and len(machine) == 1:
        machine = machine[0]
    if machine is not None and not isinstance(machine, dict):
        raise MalformedConfigurationError(f"machine_info must be an object, not {brief(machine)}")
    execution = Execution(
        text(source, "source") or "",
        machine,
        _count(count),
        text(raw.get("trace_uid"), "trace_uid"),
        None if config is None else _device_config(config),
        {} if raw.keys() <= _EXECUTION_KEYS else {key: raw[key] for key in raw if key not in _EXECUTION_KEYS},
    )
    if ZOO in raw:
        execution.zoo = dict(_zoo(raw[ZOO]))
    if DEVICE_TRACE_RUNS in raw:
        execution.device_trace_runs = _count(raw[DEVICE_TRACE_RUNS], DEVICE_TRACE_RUNS) or 0
    if STATISTICS in raw:
        execution.statistics, execution.unread_statistics = read_statistics(raw[STATISTICS])
    if raw.get(DEVICE_TIMES) is not None:
        execution.device_times = DeviceTimes.from_json(raw[DEVICE_TIMES])
    return execution


def _read_zoo(raw: Any) -> dict[str, ZooModel]:
    if not isinstance(raw, dict):
        raise MalformedConfigurationError(f"{ZOO} must be an object of models by name, not {brief(raw)}")
    try:
        return {name: ZooModel.from_json(part) for name, part in raw.items()}
    except ValueError as error:
        raise MalformedConfigurationError(f"{ZOO}: {error}") from None


# there are few, in many executions
_zoo = ReadOnce(_read_zoo, most=1024)
_device_config = ReadOnce(DeviceConfig.from_json, most=1024)


def _count(raw: Any, key: str = "count") -> int | None:
    if raw is not None and type(raw) is not int:
        raise MalformedConfigurationError(f"{key} must be an int, not {brief(raw)}")
    return raw


def _unpaired(raw: dict[str, Any], extra: dict[str, Any]) -> Iterator[Execution]:
    """Yield executions of sources and machines side by side, paired only where there is one of either."""
    sources = raw.get("source")
    sources = [sources] if isinstance(sources, str) else _list(sources, "source")
    machines = raw.get("machine_info")
    machines = [machines] if isinstance(machines, dict) else _list(machines, "machine_info")
    if not all(isinstance(source, str) for source in sources) or not all(isinstance(m, dict) for m in machines):
        raise MalformedConfigurationError("source must be text and machine_info an object, or lists of them")
    count = _count(raw.get("execution_count", raw.get("count")))
    if len(machines) > 1 and len(sources) > 1:
        extra, machines = {**extra, "machines": machines}, []
    for source in sources or ([""] if machines else []):
        for machine in machines or [None]:
            yield Execution(source, machine, count, extra=dict(extra))


def _list(raw: Any, what: str) -> list[Any]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise MalformedConfigurationError(f"{what} must be a list, not {brief(raw)}")
    return raw
