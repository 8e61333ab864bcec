"""Invariants of a scheduler's state, which hold between events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from scheduler.board_state import BoardState
from scheduler.errors import InvariantBroken
from scheduler.placing import worth_switching

if TYPE_CHECKING:
    from scheduler.core import Scheduler

TOLERANCE = 0.01
"""Tolerance in seconds for sums of floats."""


def check(scheduler: Scheduler) -> None:
    """Check every invariant; linear in everything that is not resolved.

    Raises:
        InvariantBroken: an invariant is broken; the message names the first one.
    """
    for broken in broken_invariants(scheduler):
        raise InvariantBroken(broken, scheduler.history)


def broken_invariants(scheduler: Scheduler) -> Iterator[str]:
    """Yield a sentence for every broken invariant."""
    yield from _tasks(scheduler)
    yield from _boards(scheduler)
    yield from _held(scheduler)
    yield from _idleness(scheduler)


def _tasks(scheduler: Scheduler) -> Iterator[str]:
    waiting = [
        task.id
        for queue in scheduler.pool.queues.values()
        for heap in (*queue.groups.values(), *queue.elsewhere.values())
        for _, _, task in heap
    ]
    held = [task for batch in scheduler.batches.values() for task in batch.open]
    places = Counter(waiting + held)
    if set(places) != set(scheduler.tasks):
        yield f"tasks lost or invented: {sorted(set(places) ^ set(scheduler.tasks))}"
    if doubled := [task for task, n in places.items() if n > 1]:
        yield f"tasks in two places: {doubled}"
    if len(waiting) != len(scheduler.pool):
        yield f"{len(waiting)} tasks wait, {len(scheduler.pool)} are counted"
    if scheduler.counts["planned"] != scheduler.counts["concluded"] + len(scheduler.tasks):
        yield "the number of planned tasks is not that of concluded plus unresolved ones"
    if stale := set(scheduler.attempts) - set(scheduler.tasks):
        yield f"attempts of resolved tasks are kept: {sorted(stale)}"
    if scheduler.stopped and waiting:
        yield "work waits though the run is stopped"
    for key, queue in scheduler.pool.queues.items():
        if not queue.size:
            yield f"an empty queue is kept: {key}"
        if not scheduler.roster.able(key):
            yield f"work waits that no board can take: {key}"


def _boards(scheduler: Scheduler) -> Iterator[str]:
    for board in scheduler.boards.values():
        if board.batches and not (board.state.is_ready or board.state is BoardState.LEAVING):
            yield f"{board.id} is {board.state.value} and holds batches"
        if len(board.batches) > scheduler.dispatcher.batching.depth:
            yield f"{board.id} holds {len(board.batches)} batches"
        if board.state.takes_part and board.has_spent(scheduler.budget):
            yield f"{board.id} spent its budget and is {board.state.value}"
        for batch in board.batches.values():
            if batch.board != board.id or not scheduler.roster.fits(board.kind, batch.key):
                yield f"{board.id} holds a batch that isn't for it"
    listed = {number for board in scheduler.boards.values() for number in board.batches}
    if listed != set(scheduler.batches):
        yield "boards and scheduler differ about batches"
    for key in scheduler.pool.queues:
        able = sum(scheduler.roster.can_take(board, key) for board in scheduler.boards.values())
        if able != scheduler.roster.able(key):
            yield f"{able} boards can take {key}, {scheduler.roster.able(key)} are counted"


def _held(scheduler: Scheduler) -> Iterator[str]:
    held: defaultdict[Hashable, float] = defaultdict(float)
    for batch in scheduler.batches.values():
        seconds = sum(scheduler.tasks[task].cost for task in batch.open)
        if abs(seconds - batch.seconds) > TOLERANCE:
            yield f"a batch holds {seconds} s, {batch.seconds} are counted"
        held[batch.key] += seconds
    for key, seconds in scheduler.pool.held.items():
        if abs(seconds - held[key]) > TOLERANCE:
            yield f"{held[key]} s of {key} are held, {seconds} are counted"


def _idleness(scheduler: Scheduler) -> Iterator[str]:
    for board in scheduler.boards.values():
        if not board.state.is_ready or not scheduler.dispatcher.has_room(board):
            continue
        current = scheduler.pool.key_of(board.id)
        for key, queue in scheduler.pool.queues.items():
            if not scheduler.roster.can_take(board, key) or not queue.size_for(board.id):
                continue
            if key == current or worth_switching(
                scheduler.pool, key, scheduler.dispatcher.switching_seconds(board, key)
            ):
                yield f"{board.id} has room while {key} waits"
    for key, queue in scheduler.pool.queues.items():
        for avoided, heap in queue.elsewhere.items():
            others = [b for b in scheduler.boards.values() if b.id != avoided and scheduler.roster.can_take(b, key)]
            if heap and not others:
                yield f"work waits for another board than {avoided}, and there is none"
