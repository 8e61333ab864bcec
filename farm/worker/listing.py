"""What a worker answers when it is asked for a module's vectors: a stream, of which it holds one chunk.

Each message is one of

    {"module": {"timeout": ..., "fixture": ..., "suites": [...]}}   it is imported
    {"suite": name, "vectors": [...]}        some vectors of a suite
    {"problem": text, "suite": name}         it, or the whole module where the name is empty, is not as it must be
    {"listed": true}                         the end
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from farm.core.sweep_module import SweepModule
from farm.sweeps.errors import ModuleError, Unencodable
from farm.sweeps.hashing import Hasher
from farm.sweeps.needs import grid_of, needs
from farm.sweeps.traced import TracedSuite
from farm.sweeps.values import Encoder
from farm.worker.modules import LoadedModule, load
from tracer.values import describe
from tracer.values.configuration import Configuration

CHUNK = 200
CHUNK_SECONDS = 0.25
"""A slow generator's vectors are told of this often, so that it doesn't pass for one that hangs."""

Message = dict[str, Any]


def listing(request: Mapping[str, Any]) -> Iterator[Message]:
    """The messages that answer a request; never raises for what a module does.

    Args:
        request: `module`, see `SweepModule.as_json`, and `suites`: the names to list, None for all.
    """
    try:
        module = load(SweepModule.from_json(request["module"]))
    except ModuleError as error:
        yield {"problem": str(error), "suite": ""}
        yield {"listed": True}
        return
    yield {
        "module": {
            "timeout": module.timeout,
            "fixture": module.fixture is not None,
            "suites": list(module.parameters),
        }
    }
    wanted = request.get("suites")
    for suite in module.parameters:
        if wanted is None or suite in wanted:
            yield from _suite(module, suite)
    yield {"listed": True}


def _suite(module: LoadedModule, suite: str) -> Iterator[Message]:
    chunk: list[Message] = []
    last = time.monotonic()
    try:
        for vector in _vectors(module, suite):
            chunk.append(vector)
            if len(chunk) >= CHUNK or time.monotonic() - last > CHUNK_SECONDS:
                yield {"suite": suite, "vectors": chunk}
                chunk, last = [], time.monotonic()
    except ModuleError as error:
        if chunk:
            yield {"suite": suite, "vectors": chunk}
        yield {"problem": f"{module.name}, suite {suite!r}: {error}", "suite": suite}
        return
    if chunk:
        yield {"suite": suite, "vectors": chunk}
    given = module.parameters[suite]
    if isinstance(given, TracedSuite):
        for broken in given.broken:
            yield {"problem": f"{module.name}, suite {suite!r}: {broken}", "suite": suite, "broken": True}


def _vectors(module: LoadedModule, suite: str) -> Iterator[Message]:
    encoder, hasher, grids = Encoder(), Hasher(module.name, suite), _Grids()
    given = module.parameters[suite]
    configurations = given.configurations if isinstance(given, TracedSuite) else []
    every = module.vectors(suite)
    first = list(islice(every, 1))
    if first and (told := module.misfit(iter(first[0]))):
        raise ModuleError(told)
    for index, vector in enumerate(chain(first, every)):
        invalid = module.invalidity(suite, vector)
        message: Message = {
            "index": index,
            "hash": hasher.input_hash(vector, invalid),
            "grid": grids.of(vector),
            **_written(vector, encoder),
        }
        if invalid is not None:
            message["invalid"] = invalid
        if configurations:
            message.update(_of_trace(configurations[index]))
        yield message


def _of_trace(configuration: Configuration) -> Message:
    """What the trace adds: its hash and models, what it lost, and how the board was or must be opened."""
    traced = next((seen.device_config for seen in configuration.executions if seen.device_config is not None), None)
    columns, rows = needs(configuration.operation, configuration.arguments).grid
    told: Message = {
        "config_hash": configuration.config_hash,
        "sources": list(configuration.sources),
        "lost": list(configuration.lost),
        "grid": [columns, rows],
    }
    return told if traced is None else {**told, "device_config": traced.as_json()}


def _written(vector: Mapping[str, Any], encoder: Encoder) -> Message:
    """Its values, as far as they can be written down, and the names of those that can't."""
    values, unwritten = {}, {}
    for name, value in vector.items():
        written = encoder.encode(value)
        if isinstance(written, Unencodable):
            unwritten[name] = str(written)
        else:
            values[name] = written
    return {"values": values, "unwritten": unwritten} if unwritten else {"values": values}


class _Grids:
    """How many columns and rows of compute cores vectors name; each object is looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, tuple[int, int]]] = {}

    def of(self, vector: Mapping[str, Any]) -> list[int]:
        columns = rows = 1
        for value in vector.values():
            if value is None or type(value) in (bool, int, float, str):
                continue
            x, y = self._one(value)
            columns, rows = max(columns, x), max(rows, y)
        return [columns, rows]

    def _one(self, value: object) -> tuple[int, int]:
        known = self._known.get(id(value))
        if known is None:
            if len(self._known) > 4096:
                self._known.clear()
            known = self._known[id(value)] = (value, grid_of(describe(value)))
        return known[1]
