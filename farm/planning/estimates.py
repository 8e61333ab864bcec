"""Estimates of how long vectors take, from how long they and their operations took in earlier runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from statistics import median
from typing import Any

from farm.board.backends import backend_of
from farm.core.board import Board
from farm.core.payload import Payload, TracedCall
from farm.planning.spool import operations_of
from farm.planning.vectors import Vector
from farm.store import Store
from farm.store.aliases import read_aliases, read_former_modules
from farm.store.durations import Duration, read_durations, read_openings
from scheduler.costs import PAST_OUTCOMES, SetupCosts, Size, scaled, typical

DEFAULT_SECONDS = 0.02
"""The estimate of a vector without any history."""
MAX_PAST = 200_000
"""At most this many past attempts are read, which takes about a second."""

LEAST_DEADLINE = 10.0
"""A vector's deadline is at least this many seconds, however fast it was: a host may be busy."""
DEADLINE_FACTOR = 20.0
"""A vector may take this many times as long as it ever did."""
DEADLINE_RUNS = 3
"""A vector gets a deadline from its history after this many runs."""

_ELEMENT_BYTES = {"BFLOAT16": 2.0, "UINT16": 2.0, "UINT8": 1.0, "BFLOAT8_B": 1.0625, "BFLOAT4_B": 0.5625}
_MATMULS = ("matmul", "linear")
_MOST_OF_AN_OPERATION = 4 * PAST_OUTCOMES


class Basis(str, Enum):
    """What an estimate follows from."""

    HISTORY = "history"
    """How long the vector itself took."""
    PLAN = "plan"
    """What the plan says of the vector."""
    OPERATION = "operation"
    """How long other vectors of its operation took."""
    DEVICE_TIMES = "device times"
    """How long its kernels ran where a profiler measured them, beside what every call takes."""
    DEFAULT = "default"
    """Nothing: `DEFAULT_SECONDS`."""

    @property
    def measured(self) -> bool:
        """Whether the estimate follows from attempts."""
        return self in (Basis.HISTORY, Basis.OPERATION)

    @property
    def is_guess(self) -> bool:
        """Whether the seconds only say which of two vectors takes longer."""
        return self in (Basis.DEVICE_TIMES, Basis.DEFAULT)


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long a vector will probably take.

    Attributes:
        seconds: on a board that is set up.
        basis: what the estimate follows from.
    """

    seconds: float
    basis: Basis = Basis.DEFAULT


@dataclass(slots=True)
class Estimates:
    """The estimates of one run's vectors.

    Attributes:
        setups: what boards spend besides the vectors.
    """

    setups: SetupCosts = field(default_factory=SetupCosts)
    _own: Mapping[str, Sequence[float]] = field(default_factory=dict)  # by content hash
    _operations: Mapping[str, Sequence[float]] = field(default_factory=dict)
    _sizes: Mapping[str, Sequence[tuple[float, Size]]] = field(default_factory=dict)  # by operation

    @classmethod
    def without_history(cls, boards: Sequence[Board]) -> Estimates:
        """The estimates before anything has run on these boards."""
        return cls(_setup_costs(boards, ()))

    def of(self, vector: Vector) -> Estimate:
        """Estimate a vector."""
        if own := self._own.get(vector.content_hash):
            return Estimate(typical(own), Basis.HISTORY)
        if vector.seconds:
            return Estimate(vector.seconds, Basis.PLAN)
        if sized := self._sizes.get(vector.operation):
            return Estimate(scaled(sized, size(vector.payload)), Basis.OPERATION)
        if others := self._operations.get(vector.operation):
            return Estimate(sum(others) / len(others), Basis.OPERATION)
        if vector.device_seconds is not None:
            return Estimate(DEFAULT_SECONDS + vector.device_seconds, Basis.DEVICE_TIMES)
        return Estimate(DEFAULT_SECONDS)

    def deadline(self, vector: Vector) -> float | None:
        """The seconds that a vector may take, going by its history; None if it ran too seldom."""
        own = self._own.get(vector.content_hash, ())
        return max(LEAST_DEADLINE, DEADLINE_FACTOR * max(own)) if len(own) >= DEADLINE_RUNS else None


def learn(store: Store, vectors: Sequence[Vector], boards: Sequence[Board], backends: Sequence[str] = ()) -> Estimates:
    """Estimate vectors from what the store has of them and their operations, on boards of these kinds.

    Args:
        store: the results store with the earlier runs.
        vectors: the vectors to estimate.
        boards: the boards that they will run on.
        backends: the backends that boards of these kinds had in the earlier runs; without any, the boards' own.
    """
    kinds = sorted({f"{each}:{board.kind.name}" for board in boards for each in backends or (board.backend,)})
    operations = sorted(operations_of(vectors))
    with store.reading() as connection:
        past = list(read_durations(connection, operations, kinds, MAX_PAST)) if kinds and operations else []
        openings = read_openings(connection, kinds) if past else []
        aliases = read_aliases(connection) if past else {}
        unresolved = bool(past) and bool(read_former_modules(connection))
    if unresolved:
        current = {former: each.content_hash for each in vectors if (former := each.former_content_hash)}
        past = [each._replace(content_hash=current.get(each.content_hash, each.content_hash)) for each in past]
    return _estimates(past, aliases, vectors, _setup_costs(boards, openings))


def _estimates(
    past: Sequence[Duration], aliases: Mapping[str, str], vectors: Sequence[Vector], setups: SetupCosts
) -> Estimates:
    own: defaultdict[str, list[float]] = defaultdict(list)
    operations: defaultdict[str, list[float]] = defaultdict(list)
    for each in past:
        if len(own[each.content_hash]) < PAST_OUTCOMES:
            own[each.content_hash].append(each.seconds)
        if len(operations[each.operation]) < _MOST_OF_AN_OPERATION:
            operations[each.operation].append(each.seconds)
    own.update({other: own[current] for other, current in aliases.items() if current in own})
    return Estimates(setups, own, operations, _sizes(vectors, own) if past else {})


def _sizes(vectors: Sequence[Vector], own: Mapping[str, Sequence[float]]) -> dict[str, list[tuple[float, Size]]]:
    """Times and sizes of vectors with a history, for operations that also have vectors without one.

    Only vectors of this plan have a size: the store has no payloads of others at hand.
    """
    unseen = {vector.operation for vector in vectors if vector.content_hash and vector.content_hash not in own}
    sizes: defaultdict[str, list[tuple[float, Size]]] = defaultdict(list)
    for vector in vectors if unseen else ():
        seconds = own.get(vector.content_hash)
        if seconds and vector.operation in unseen and len(sizes[vector.operation]) < _MOST_OF_AN_OPERATION:
            sizes[vector.operation].append((typical(seconds), size(vector.payload)))
    return sizes


def _setup_costs(boards: Sequence[Board], openings: Sequence[float]) -> SetupCosts:
    """What setting up the slowest of the boards costs: measured where openings were recorded."""
    costs = [backend_of(board).setup for board in boards]
    if not costs:
        return SetupCosts()
    slowest = max(costs, key=lambda each: each.switch)
    return SetupCosts(median(openings), slowest.first) if openings else slowest


def size(payload: Payload) -> Size:
    """The size of a vector: the bytes of its tensors, and the floating-point operations of a matrix product."""
    tensors = list(_tensors(payload.arguments)) if isinstance(payload, TracedCall) else []
    total = sum(math.prod(shape) * width for shape, width in tensors)
    flops = 0.0
    if len(tensors) > 1 and any(word in payload.operation for word in _MATMULS) and tensors[1][0]:
        flops = 2.0 * math.prod(tensors[0][0]) * tensors[1][0][-1]
    return Size(total, flops)


def _tensors(raw: Any) -> Iterator[tuple[Sequence[int], float]]:
    """Shape and bytes per element of each tensor in encoded arguments."""
    if isinstance(raw, dict):
        shape = raw.get("original_shape")
        if isinstance(shape, list) and all(isinstance(side, int) for side in shape):
            dtype = str(raw.get("original_dtype", "")).rpartition(".")[2]
            yield shape, _ELEMENT_BYTES.get(dtype, 4.0)
            return
        raw = list(raw.values())
    if isinstance(raw, list):
        for part in raw:
            yield from _tensors(part)
