"""What vectors are expected to cost, from what they and their operations took in earlier runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from farm.board.backends import backend_of
from farm.core.board import Board
from farm.core.payload import Payload, TracedCall
from farm.planning.spool import operations_of
from farm.planning.vectors import Vector
from farm.store import Store
from farm.store.durations import Duration, read_durations, read_openings
from scheduler.costs import PAST_OUTCOMES, SetupCosts, Size, scaled, typical

DEFAULT_SECONDS = 0.02
"""What a vector is taken to cost while nothing is known of it."""
MOST_PAST = 200_000
"""How many past attempts are read at most: about a second's reading."""

LEAST_DEADLINE = 10.0
"""Seconds that a vector has at least, however fast it was: a host may be busy."""
DEADLINE_FACTOR = 20.0
"""How much longer than ever before a vector may take."""
ENOUGH_PAST = 3
"""How many times a vector must have run before its deadline follows from them."""

_BYTES = {"BFLOAT16": 2.0, "UINT16": 2.0, "UINT8": 1.0, "BFLOAT8_B": 1.0625, "BFLOAT4_B": 0.5625}
_MATMULS = ("matmul", "linear")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a vector is expected to take.

    Attributes:
        seconds: on a board that is set up.
        basis: `history` of the vector itself, `told` by whoever made it, history of its `operation`, or `default`.
    """

    seconds: float
    basis: str = "default"


@dataclass(slots=True)
class Estimates:
    """Estimates for one run's vectors.

    Attributes:
        setups: what boards spend beside the vectors.
    """

    setups: SetupCosts = field(default_factory=SetupCosts)
    _own: Mapping[str, Sequence[float]] = field(default_factory=dict)
    _operations: Mapping[str, Sequence[float]] = field(default_factory=dict)
    _sizes: Mapping[str, Sequence[tuple[float, Size]]] = field(default_factory=dict)

    @classmethod
    def without_history(cls, boards: Sequence[Board]) -> Estimates:
        """What is taken for granted before anything was run."""
        return cls(_setups(boards, ()))

    def deadline(self, vector: Vector) -> float | None:
        """How long a vector may take by what it took before, in seconds; None where too little is known."""
        own = self._own.get(vector.content_hash, ())
        return max(LEAST_DEADLINE, DEADLINE_FACTOR * max(own)) if len(own) >= ENOUGH_PAST else None

    def of(self, vector: Vector) -> Estimate:
        """What a vector is expected to take."""
        if own := self._own.get(vector.content_hash):
            return Estimate(typical(own), "history")
        if vector.seconds:
            return Estimate(vector.seconds, "told")
        if sized := self._sizes.get(vector.operation):
            return Estimate(scaled(sized, size(vector.payload)), "operation")
        if others := self._operations.get(vector.operation):
            return Estimate(sum(others) / len(others), "operation")
        return Estimate(DEFAULT_SECONDS)


def learn(store: Store, vectors: Sequence[Vector], boards: Sequence[Board], backends: Sequence[str] = ()) -> Estimates:
    """Estimates from what the store holds of these vectors, their operations and these kinds of boards.

    Args:
        store: of earlier runs.
        vectors: what is to be estimated.
        boards: where it is to run.
        backends: what boards of these kinds may have been in those runs; else what they are.
    """
    kinds = sorted({f"{each}:{board.kind.name}" for board in boards for each in backends or (board.backend,)})
    operations = sorted(operations_of(vectors))
    with store.reading() as connection:
        past = list(read_durations(connection, operations, kinds, MOST_PAST)) if kinds and operations else []
        openings = read_openings(connection, kinds) if past else []
    return _costs(past, vectors, _setups(boards, openings))


def _costs(past: Sequence[Duration], vectors: Sequence[Vector], setups: SetupCosts) -> Estimates:
    own: defaultdict[str, list[float]] = defaultdict(list)
    operations: defaultdict[str, list[float]] = defaultdict(list)
    for each in past:
        if len(own[each.content_hash]) < PAST_OUTCOMES:
            own[each.content_hash].append(each.seconds)
        if len(operations[each.operation]) < 4 * PAST_OUTCOMES:
            operations[each.operation].append(each.seconds)
    # sizes are known only of vectors that are planned again; they are looked up only where some vector needs them
    sizes: defaultdict[str, list[tuple[float, Size]]] = defaultdict(list)
    if past:
        unseen = {vector.operation for vector in vectors if vector.content_hash and vector.content_hash not in own}
        for vector in vectors if unseen else ():
            seconds = own.get(vector.content_hash)
            if seconds and vector.operation in unseen and len(sizes[vector.operation]) < 4 * PAST_OUTCOMES:
                sizes[vector.operation].append((typical(seconds), size(vector.payload)))
    return Estimates(setups, own, operations, sizes)


def _setups(boards: Sequence[Board], openings: Sequence[float]) -> SetupCosts:
    known = [backend_of(board).setup for board in boards]
    if not known:
        return SetupCosts()
    worst = max(known, key=lambda each: each.switch)
    return SetupCosts(median(openings), worst.first) if openings else worst


def size(payload: Payload) -> Size:
    """How large a vector is: the bytes of its tensors, and the operations of a matrix product."""
    shapes: list[tuple[Sequence[int], float]] = []
    if isinstance(payload, TracedCall):
        _tensors(payload.arguments, shapes)
    total = sum(math.prod(shape) * width for shape, width in shapes)
    flops = 0.0
    if len(shapes) > 1 and any(word in payload.operation for word in _MATMULS) and shapes[1][0]:
        flops = 2.0 * math.prod(shapes[0][0]) * shapes[1][0][-1]
    return Size(total, flops)


def _tensors(raw: Any, found: list[tuple[Sequence[int], float]]) -> None:
    if isinstance(raw, dict):
        shape = raw.get("original_shape")
        if isinstance(shape, list) and all(isinstance(side, int) for side in shape):
            dtype = str(raw.get("original_dtype", "")).rpartition(".")[2]
            found.append((shape, _BYTES.get(dtype, 4.0)))
            return
        for part in raw.values():
            _tensors(part, found)
    elif isinstance(raw, list):
        for part in raw:
            _tensors(part, found)
