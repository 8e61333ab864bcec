"""What always holds of a scheduler's state between events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from scheduler.boards import BoardState
from scheduler.errors import InvariantBroken
from scheduler.placing import worth_switching

if TYPE_CHECKING:
    from scheduler.core import Scheduler

CENT = 0.01
"""Seconds that sums of floats may drift apart."""


def check(scheduler: Scheduler) -> None:
    """Checks every invariant; linear in all that is not concluded.

    Raises:
        InvariantBroken: names the first that doesn't hold.
    """
    for broken in broken_invariants(scheduler):
        raise InvariantBroken(broken, scheduler.story)


def broken_invariants(scheduler: Scheduler) -> Iterator[str]:
    """Yields a sentence for everything that contradicts itself."""
    yield from _works(scheduler)
    yield from _boards(scheduler)
    yield from _held(scheduler)
    yield from _idleness(scheduler)


def _works(scheduler: Scheduler) -> Iterator[str]:
    waiting = [
        work.id
        for lane in scheduler.pool.lanes.values()
        for heap in (*lane.groups.values(), *lane.elsewhere.values())
        for _, _, work in heap
    ]
    held = [work for batch in scheduler.batches.values() for work in batch.open]
    places = Counter(waiting + held)
    if set(places) != set(scheduler.works):
        yield f"work lost or made up: {sorted(set(places) ^ set(scheduler.works))}"
    if doubled := [work for work, n in places.items() if n > 1]:
        yield f"work in two places: {doubled}"
    if len(waiting) != len(scheduler.pool):
        yield f"{len(waiting)} works wait, {len(scheduler.pool)} are counted"
    if scheduler.counts["planned"] != scheduler.counts["concluded"] + len(scheduler.works):
        yield "planned is not concluded plus the rest"
    if strangers := set(scheduler.tries) - set(scheduler.works):
        yield f"attempts of concluded work are kept: {sorted(strangers)}"
    if scheduler.stopped and waiting:
        yield "work waits though the run is stopped"
    for key, lane in scheduler.pool.lanes.items():
        if not lane.size:
            yield f"an empty lane is kept: {key}"
        if not scheduler.able(key):
            yield f"work waits that no board can take: {key}"


def _boards(scheduler: Scheduler) -> Iterator[str]:
    for board in scheduler.boards.values():
        if board.batches and board.state not in (BoardState.READY, BoardState.LEAVING):
            yield f"{board.id} is {board.state.value} and holds batches"
        if len(board.batches) > scheduler.batching.depth:
            yield f"{board.id} holds {len(board.batches)} batches"
        if board.state.takes_part and board.spent(scheduler.budget):
            yield f"{board.id} spent its budget and is {board.state.value}"
        for batch in board.batches.values():
            if batch.board != board.id or not scheduler.fits(board.kind, batch.key):
                yield f"{board.id} holds a batch that isn't for it"
    listed = {number for board in scheduler.boards.values() for number in board.batches}
    if listed != set(scheduler.batches):
        yield "boards and scheduler differ about batches"
    for key in scheduler.pool.lanes:
        able = sum(scheduler.can_take(board, key) for board in scheduler.boards.values())
        if able != scheduler.able(key):
            yield f"{able} boards can take {key}, {scheduler.able(key)} are counted"


def _held(scheduler: Scheduler) -> Iterator[str]:
    held: defaultdict[Hashable, float] = defaultdict(float)
    for batch in scheduler.batches.values():
        seconds = sum(scheduler.works[work].cost for work in batch.open)
        if abs(seconds - batch.seconds) > CENT:
            yield f"a batch holds {seconds} s, {batch.seconds} are counted"
        held[batch.key] += seconds
    for key, seconds in scheduler.pool.held.items():
        if abs(seconds - held[key]) > CENT:
            yield f"{held[key]} s of {key} are held, {seconds} are counted"


def _idleness(scheduler: Scheduler) -> Iterator[str]:
    for board in scheduler.boards.values():
        if board.state is not BoardState.READY or not scheduler.has_room(board):
            continue
        at = scheduler.pool.key_of(board.id)
        for key, lane in scheduler.pool.lanes.items():
            if not scheduler.can_take(board, key) or not lane.size_for(board.id):
                continue
            if key == at or worth_switching(scheduler.pool, key, scheduler.switching(board, key)):
                yield f"{board.id} has room while {key} waits"
    for key, lane in scheduler.pool.lanes.items():
        for avoided, heap in lane.elsewhere.items():
            others = [b for b in scheduler.boards.values() if b.id != avoided and scheduler.can_take(b, key)]
            if heap and not others:
                yield f"work waits for another board than {avoided}, and there is none"
