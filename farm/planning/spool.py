"""A plan's vectors on disk, when they are too many for memory: in order, and read as often as needed."""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TypeAlias, overload

from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

IN_MEMORY = 20_000
"""Up to this many vectors stay a list; more are kept on disk."""
_READ_BYTES = 1 << 20

_Shared: TypeAlias = tuple[DeviceConfig, Needs, BoardSetup, tuple[TracedOpening, ...]]


def spooled(vectors: Iterable[Vector]) -> Sequence[Vector]:
    """The vectors as a sequence: a list, or beyond `IN_MEMORY` vectors a `Spool`, which holds none of them."""
    remaining = iter(vectors)
    first = list(islice(remaining, IN_MEMORY + 1))
    return first if len(first) <= IN_MEMORY else Spool(chain(first, remaining))


def kinds_of(vectors: Sequence[Vector]) -> frozenset[str]:
    """The kinds of boards, by name, that can run some of these vectors."""
    if isinstance(vectors, Spool):
        return vectors.kinds
    return frozenset(kind for vector in vectors if not vector.unrunnable for kind in vector.kinds)


def operations_of(vectors: Sequence[Vector]) -> frozenset[str]:
    """The operations of those vectors whose configuration could be read."""
    if isinstance(vectors, Spool):
        return vectors.operations
    return frozenset(vector.operation for vector in vectors if vector.content_hash)


class Spool(Sequence[Vector]):
    """Vectors in an unnamed file of this process. Several threads may read it at once.

    Iterating takes about ten microseconds a vector. Indexing reads all vectors before the one at the index.

    Attributes:
        kinds: see `kinds_of`.
        operations: see `operations_of`.
    """

    def __init__(self, vectors: Iterable[Vector]) -> None:
        self._shared: list[_Shared] = []  # by number: many vectors share one
        self._length = 0
        self._file = tempfile.TemporaryFile(prefix="farm-plan-")  # noqa: SIM115 - it lives as long as this object
        weakref.finalize(self, self._file.close)
        numbers: dict[_Shared, int] = {}
        runnable: set[BoardSetup] = set()
        operations: set[str] = set()
        for vector in vectors:
            shared = vector.device_config, vector.needs, vector.setup, vector.openings
            number = numbers.get(shared)
            if number is None:
                number = numbers[shared] = len(self._shared)
                self._shared.append(shared)
            self._file.write(_line(vector, number))
            self._length += 1
            if not vector.unrunnable:
                runnable.add(vector.setup)
            if vector.content_hash:
                operations.add(vector.operation)
        self._file.flush()
        self.kinds = frozenset(kind for setup in runnable for kind in setup.kinds)
        self.operations = frozenset(operations)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Vector]:
        offset, partial_line = 0, b""
        while chunk := os.pread(self._file.fileno(), _READ_BYTES, offset):
            offset += len(chunk)
            *lines, partial_line = (partial_line + chunk).split(b"\n")
            for line in lines:
                yield self._vector(line)

    @overload
    def __getitem__(self, index: int) -> Vector: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Vector]: ...

    def __getitem__(self, index: int | slice) -> Vector | Sequence[Vector]:
        if isinstance(index, slice):
            return spooled(islice(self, *index.indices(self._length)))
        return next(islice(self, range(self._length)[index], None))

    def _vector(self, line: bytes) -> Vector:
        number, vector_id, operation, suite, config_hash, content_hash, inferred, text, *rest = json.loads(line)
        config, needs, setup, openings = self._shared[number]
        sources, lost, unrunnable, seconds, device_seconds, timeout, former_hash, archive, number = rest
        return Vector(
            id=vector_id,
            operation=operation,
            config_hash=config_hash,
            content_hash=content_hash,
            device_config=config,
            device_config_inferred=inferred,
            text=text,
            suite=suite,
            sources=tuple(sources),
            lost=tuple(lost),
            setup=setup,
            unrunnable=None if unrunnable is None else Unrunnable(Reason(unrunnable[0]), unrunnable[1]),
            seconds=seconds,
            device_seconds=device_seconds,
            needs=needs,
            openings=openings,
            timeout=timeout,
            former_hash=former_hash,
            archive=archive,
            number=number,
        )


def _line(vector: Vector, number: int) -> bytes:
    unrunnable = None if vector.unrunnable is None else (vector.unrunnable.reason.value, vector.unrunnable.message)
    parts = (
        number,
        vector.id,
        vector.operation,
        vector.suite,
        vector.config_hash,
        vector.content_hash,
        vector.device_config_inferred,
        vector.text,
        vector.sources,
        vector.lost,
        unrunnable,
        vector.seconds,
        vector.device_seconds,
        vector.timeout,
        vector.former_hash,
        vector.archive,
        vector.number,
    )
    return json.dumps(parts).encode() + b"\n"
