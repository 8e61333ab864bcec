"""Which key a board takes its next batch from."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from scheduler.pool import Pool


def choose_key(
    board: str, pool: Pool, may_take: Callable[[Hashable], bool], able: Callable[[Hashable], int]
) -> Hashable | None:
    """Chooses the key of a board's next batch.

    A board stays with its key while any of it waits, since changing costs time. Then it goes where fewest boards can
    go, and among those where most seconds wait per board.

    Args:
        board: its id.
        pool: the work that waits.
        may_take: whether this board may be given work of a key.
        able: how many boards may be.

    Returns:
        None where nothing waits for it.
    """

    def waits(key: Hashable) -> bool:
        return key in pool.lanes and pool.lanes[key].size_for(board) > 0 and may_take(key)

    current = pool.key_of(board)
    if current is not None and waits(current):
        return current
    return min(
        filter(waits, pool.lanes),
        key=lambda key: (able(key), -pool.lanes[key].cost / (pool.boards_at(key) + 1)),
        default=None,
    )
