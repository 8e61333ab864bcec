"""Work that waits for a board: by key, within a key by group, within a group longest first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Iterator
from itertools import count
from typing import TypeAlias

from scheduler.work import Work

Heap: TypeAlias = list[tuple[float, int, Work]]


class Lane:
    """The waiting work of one key.

    Attributes:
        size: works that wait.
        cost: their estimated seconds.
        groups: a heap per group, longest first; among equals the one planned first.
        elsewhere: a heap per board: works that it should leave to others, since it tried them last.
    """

    def __init__(self, order: Iterator[int]) -> None:
        self.size = 0
        self.cost = 0.0
        self.groups: dict[str, Heap] = {}
        self.elsewhere: dict[str, Heap] = {}
        self._order = order
        self._at: dict[str, str] = {}
        self._crowd: Counter[str] = Counter()

    def push(self, work: Work, avoid: str | None = None) -> None:
        """Lets a work wait; `avoid` is the board that is not to get it."""
        self.size += 1
        self.cost += work.cost
        heap = self.groups.setdefault(work.group, []) if avoid is None else self.elsewhere.setdefault(avoid, [])
        heapq.heappush(heap, (-work.cost, next(self._order), work))

    def size_for(self, board: str) -> int:
        """How many works wait that this board may take."""
        return self.size - len(self.elsewhere.get(board, ()))

    def take(self, board: str, seconds: float, works: int) -> list[Work]:
        """Takes a batch for a board: at least one work where any waits, within the limits.

        Second tries come first. A board goes on with its group; when that is done it goes to one where no other board
        is, so that each group's preparation is done by few.
        """
        taken: list[Work] = []
        left = seconds
        while len(taken) < works and (heap := self._next_heap(board)):
            if taken and heap[0][2].cost > left:
                break
            work = heapq.heappop(heap)[2]
            if not heap and self.groups.get(work.group) is heap:
                del self.groups[work.group]
            taken.append(work)
            left -= work.cost
            self._forget(work)
        return taken

    def leave(self, board: str) -> None:
        """This board works elsewhere now."""
        group = self._at.pop(board, None)
        if group is not None:
            self._crowd[group] -= 1

    def readmit(self, board: str) -> None:
        """Lets any board take the works that were to avoid this one."""
        for _, _, work in self.elsewhere.pop(board, ()):
            self._forget(work)
            self.push(work)

    def drain(self) -> list[Work]:
        """Takes everything."""
        works = [work for heap in (*self.elsewhere.values(), *self.groups.values()) for _, _, work in heap]
        self.elsewhere.clear()
        self.groups.clear()
        self.size, self.cost = 0, 0.0
        return works

    def _next_heap(self, board: str) -> Heap | None:
        """Where this board's next work is; moves the board to another group when its own is done."""
        for avoided, heap in self.elsewhere.items():
            if avoided != board and heap:
                return heap
        if not self.groups:
            return None
        group = self._at.get(board)
        if group not in self.groups:
            self.leave(board)
            group = min(self.groups, key=lambda name: (self._crowd[name], self.groups[name][0][:2]))
            self._at[board] = group
            self._crowd[group] += 1
        return self.groups[group]

    def _forget(self, work: Work) -> None:
        """Counts a work out."""
        self.size -= 1
        # sums of floats drift: an empty lane starts afresh
        self.cost = self.cost - work.cost if self.size else 0.0


class Pool:
    """All waiting work, and which key each board is at."""

    def __init__(self) -> None:
        self.lanes: dict[Hashable, Lane] = {}
        self._order = count()
        self._at: dict[str, Hashable] = {}
        self._crowd: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        return sum(lane.size for lane in self.lanes.values())

    def push(self, work: Work, avoid: str | None = None) -> None:
        """Lets a work wait; `avoid` is the board that is not to get it."""
        lane = self.lanes.get(work.key)
        if lane is None:
            lane = self.lanes[work.key] = Lane(self._order)
        lane.push(work, avoid)

    def key_of(self, board: str) -> Hashable | None:
        """The key of the last batch this board took."""
        return self._at.get(board)

    def boards_at(self, key: Hashable) -> int:
        """How many boards took their last batch from this key."""
        return self._crowd[key]

    def take(self, board: str, key: Hashable, seconds: float, works: int) -> list[Work]:
        """Takes a batch for a board from one key; see `Lane.take`."""
        if board not in self._at or self._at[board] != key:
            self.leave(board)
            self._at[board] = key
            self._crowd[key] += 1
        lane = self.lanes[key]
        taken = lane.take(board, seconds, works)
        if not lane.size:
            del self.lanes[key]
        return taken

    def leave(self, board: str) -> None:
        """This board is at no key now."""
        if board not in self._at:
            return
        key = self._at.pop(board)
        self._crowd[key] -= 1
        if key in self.lanes:
            self.lanes[key].leave(board)

    def readmit(self, board: str) -> None:
        """Lets any board take the works that were to avoid this one."""
        for lane in self.lanes.values():
            lane.readmit(board)

    def drain(self, key: Hashable) -> list[Work]:
        """Takes everything of one key."""
        lane = self.lanes.pop(key, None)
        return lane.drain() if lane else []
