"""The choice of the key that a board takes its next batch from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from scheduler.pool import Pool

SameSetup: TypeAlias = Callable[[Hashable, Hashable, Hashable], bool]
"""Whether a board of a kind that is set up for one of two keys is set up for the other as well."""


def never_same(_kind: Hashable, _one: Hashable, _other: Hashable) -> bool:
    """Every key needs its own setup."""
    return False


def choose_key(
    board: str,
    pool: Pool,
    may_take: Callable[[Hashable], bool],
    able: Callable[[Hashable], int],
    switch: Callable[[Hashable], float] = lambda _: 0.0,
) -> Hashable | None:
    """Choose the key of a board's next batch.

    A board stays with its key while work of it waits, since changing costs time. Then it takes the key that is
    cheapest to change to (usually all cost the same), among those the key that the fewest boards can take, then the
    key with the most waiting seconds per board; but only if that helps (see `worth_switching`).

    Args:
        board: its id.
        pool: the work that waits.
        may_take: whether this board may be given work of a key.
        able: counts the boards that may be given work of a key.
        switch: the seconds it costs this board to change to a key.

    Returns:
        None if no work waits for it.
    """

    def waits(key: Hashable) -> bool:
        return key in pool.queues and pool.queues[key].size_for(board) > 0 and may_take(key)

    current = pool.key_of(board)
    candidates = [key for key in pool.queues if waits(key)]
    if current in candidates:
        return _neglected_key(pool, candidates, current, able, switch) or current
    return min(
        (key for key in candidates if worth_switching(pool, key, switch(key))),
        key=lambda key: (switch(key), able(key), -pool.seconds_left(key) / (pool.boards_at(key) + 1)),
        default=None,
    )


def _neglected_key(
    pool: Pool,
    keys: list[Hashable],
    current: Hashable,
    able: Callable[[Hashable], int],
    switch: Callable[[Hashable], float],
) -> Hashable | None:
    """Return a key that no board is at, and that would end last if it waited for a board to finish its own key.

    A board leaves its key for it only if its key is not behind the others.
    """
    unserved = [key for key in keys if not pool.boards_at(key)]
    if not unserved:
        return None
    share = sum(pool.seconds_left(key) for key in keys) / max(able(current), 1)
    if pool.boards_at(current) < 2 or pool.seconds_left(current) / pool.boards_at(current) > share:
        return None
    # the board that goes there does all of it, unless there is much
    late = [
        key
        for key in unserved
        if switch(key) + max(pool.queues[key].longest, min(pool.queues[key].cost, share)) >= share
    ]
    return max(late, key=lambda key: pool.queues[key].cost, default=None)


def worth_switching(pool: Pool, key: Hashable, switch: float) -> bool:
    """Whether it helps that a board changes to this key: the boards there would not be done before it is set up.

    With b boards there and r seconds left among them, one more board ends it at (r + switch) / (b + 1), not r / b.
    """
    boards = pool.boards_at(key)
    queue = pool.queues[key]
    # retries need another board than the last one, which may be the only one there
    return boards == 0 or bool(queue.elsewhere) or queue.unknown or pool.seconds_left(key) > switch * boards
