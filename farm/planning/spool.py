"""Vectors of a plan that are too many to be held: on disk, in their order, read back as often as they are needed."""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import overload

from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.vectors import Vector
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

HELD = 20_000
"""So many vectors are a list; more are kept on disk."""
_READ_BYTES = 1 << 20


def spooled(vectors: Iterable[Vector]) -> Sequence[Vector]:
    """All these vectors, taken one by one; of more than `HELD`, all are on disk and none is held."""
    remaining = iter(vectors)
    held = list(islice(remaining, HELD + 1))
    return held if len(held) <= HELD else Spool(chain(held, remaining))


def kinds_of(vectors: Sequence[Vector]) -> frozenset[str]:
    """The kinds of boards, by name, on which some of these vectors can run."""
    if isinstance(vectors, Spool):
        return vectors.kinds
    return frozenset(kind for vector in vectors if not vector.unrunnable for kind in vector.kinds)


def operations_of(vectors: Sequence[Vector]) -> frozenset[str]:
    """The operations of vectors whose configuration is known."""
    if isinstance(vectors, Spool):
        return vectors.operations
    return frozenset(vector.operation for vector in vectors if vector.content_hash)


class Spool(Sequence[Vector]):
    """Vectors in an unnamed file of this process. Threads may read it at once.

    To go through it takes some ten microseconds a vector; to look one up by its place goes through all before it.

    Attributes:
        kinds: see `kinds_of`.
        operations: see `operations_of`.
    """

    def __init__(self, vectors: Iterable[Vector]) -> None:
        self._alike: list[tuple[DeviceConfig, Needs, BoardSetup]] = []  # what many vectors share, once
        self._length = 0
        self._file = tempfile.TemporaryFile(prefix="farm-plan-")  # noqa: SIM115 - it lives as long as this does
        weakref.finalize(self, self._file.close)
        known: dict[tuple[DeviceConfig, Needs, BoardSetup], int] = {}
        able: set[BoardSetup] = set()
        operations: set[str] = set()
        for vector in vectors:
            shared = vector.device_config, vector.needs, vector.setup
            number = known.get(shared)
            if number is None:
                number = known[shared] = len(self._alike)
                self._alike.append(shared)
            self._file.write(_line(vector, number))
            self._length += 1
            if not vector.unrunnable:
                able.add(vector.setup)
            if vector.content_hash:
                operations.add(vector.operation)
        self._file.flush()
        self.kinds = frozenset(kind for setup in able for kind in setup.kinds)
        self.operations = frozenset(operations)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Vector]:
        at, rest = 0, b""
        while chunk := os.pread(self._file.fileno(), _READ_BYTES, at):
            at += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                yield self._vector(line)

    @overload
    def __getitem__(self, place: int) -> Vector: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Vector]: ...

    def __getitem__(self, place: int | slice) -> Vector | Sequence[Vector]:
        if isinstance(place, slice):
            return spooled(islice(self, *place.indices(self._length)))
        found = range(self._length)[place]
        return next(islice(self, found, None))

    def _vector(self, line: bytes) -> Vector:
        number, name, operation, config_hash, content_hash, inferred, text, sources, lost, why, seconds, timeout = (
            json.loads(line)
        )
        config, needs, setup = self._alike[number]
        return Vector(
            id=name,
            operation=operation,
            config_hash=config_hash,
            content_hash=content_hash,
            device_config=config,
            device_config_inferred=inferred,
            text=text,
            sources=tuple(sources),
            lost=tuple(lost),
            setup=setup,
            unrunnable=None if why is None else (Reason(why[0]), why[1]),
            seconds=seconds,
            needs=needs,
            timeout=timeout,
        )


def _line(vector: Vector, number: int) -> bytes:
    why = None if vector.unrunnable is None else (vector.unrunnable[0].value, vector.unrunnable[1])
    parts = (
        number,
        vector.id,
        vector.operation,
        vector.config_hash,
        vector.content_hash,
        vector.device_config_inferred,
        vector.text,
        vector.sources,
        vector.lost,
        why,
        vector.seconds,
        vector.timeout,
    )
    return json.dumps(parts).encode() + b"\n"
