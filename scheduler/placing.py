"""Which key a board takes its next batch from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from scheduler.pool import Pool

SameSetup: TypeAlias = Callable[[Hashable, Hashable, Hashable], bool]
"""Whether a board of a kind that is set up for one of two keys is set up for the other as well."""


def never_same(_kind: Hashable, _one: Hashable, _other: Hashable) -> bool:
    """Each key needs a setup of its own."""
    return False


def choose_key(
    board: str,
    pool: Pool,
    may_take: Callable[[Hashable], bool],
    able: Callable[[Hashable], int],
    switch: Callable[[Hashable], float] = lambda _: 0.0,
) -> Hashable | None:
    """Chooses the key of a board's next batch.

    A board stays with its key while any of it waits, since changing costs time. Then it goes where it costs least to
    change to, which mostly is all the same, and among those where fewest boards can go, then where most seconds wait
    per board; but only where that helps (see `worth_switching`).

    Args:
        board: its id.
        pool: the work that waits.
        may_take: whether this board may be given work of a key.
        able: how many boards may be.
        switch: seconds that it costs this board to change to a key.

    Returns:
        None where nothing waits for it.
    """

    def waits(key: Hashable) -> bool:
        return key in pool.lanes and pool.lanes[key].size_for(board) > 0 and may_take(key)

    current = pool.key_of(board)
    open_to_it = [key for key in pool.lanes if waits(key)]
    if current in open_to_it:
        return _forgotten(pool, open_to_it, current, able, switch) or current
    return min(
        (key for key in open_to_it if worth_switching(pool, key, switch(key))),
        key=lambda key: (switch(key), able(key), -pool.seconds_left(key) / (pool.boards_at(key) + 1)),
        default=None,
    )


def _forgotten(
    pool: Pool,
    keys: list[Hashable],
    current: Hashable,
    able: Callable[[Hashable], int],
    switch: Callable[[Hashable], float],
) -> Hashable | None:
    """A key that no board is at, and that would end after all others if it waited for a board to be done with its own.

    A board leaves its key for it only if its key is not behind the others.
    """
    alone = [key for key in keys if not pool.boards_at(key)]
    if not alone:
        return None
    share = sum(pool.seconds_left(key) for key in keys) / max(able(current), 1)
    if pool.boards_at(current) < 2 or pool.seconds_left(current) / pool.boards_at(current) > share:
        return None
    # whoever goes there does all of it, unless it is much
    late = [
        key for key in alone if switch(key) + max(pool.lanes[key].longest, min(pool.lanes[key].cost, share)) >= share
    ]
    return max(late, key=lambda key: pool.lanes[key].cost, default=None)


def worth_switching(pool: Pool, key: Hashable, switch: float) -> bool:
    """Whether a board that changes to this key helps: those there would not be done before it is set up.

    With b boards there and r seconds left among them, one more ends it at (r + switch) / (b + 1) instead of r / b.
    """
    there = pool.boards_at(key)
    lane = pool.lanes[key]
    # second tries want another board than the last, which may be the only one there
    return there == 0 or bool(lane.elsewhere) or lane.unknown or pool.seconds_left(key) > switch * there
