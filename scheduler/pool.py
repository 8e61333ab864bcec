"""Work that waits for a board: by key, within a key by group, within a group longest first."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from itertools import count
from typing import TypeAlias

from scheduler.costs import Pace
from scheduler.work import Work

Heap: TypeAlias = list[tuple[float, int, Work]]

TAIL_SHARE = 0.5
"""A work that takes more than this part of what is left per board is begun before all others: later it would be what
the whole run waits for."""
OLD_ENTRIES = 64
"""So many of a lane's notes may be out of date before it is looked through."""
RISK = 2.0
"""A work that is only guessed may take so much longer than the longest of its group that has ended."""


class Lane:
    """The waiting work of one key.

    Attributes:
        size: works that wait.
        groups: a heap per group, longest first; among equals the one planned first.
        elsewhere: a heap per board: works that it should leave to others, since it tried them last.
    """

    def __init__(self, key: Hashable, order: Iterator[int], pace: Pace) -> None:
        self.size = 0
        self.groups: dict[str, Heap] = {}
        self.elsewhere: dict[str, Heap] = {}
        self._key = key
        self._order = order
        self._pace = pace
        self._costs: defaultdict[str, float] = defaultdict(float)  # estimated, by group
        self._longest: list[tuple[float, str]] = []  # the longest work of each group, once; old entries are left in
        self._at: dict[str, str] = {}
        self._crowd: Counter[str] = Counter()
        self._cost = 0.0
        self._guesses = 0

    @property
    def cost(self) -> float:
        """Estimated seconds of all that waits, by what was learnt of estimates meanwhile."""
        if not self._guesses:
            return self._cost * self._pace.overall
        return sum(cost * self._pace.factor((self._key, group)) for group, cost in self._costs.items())

    @property
    def longest(self) -> float:
        """Estimated seconds of the longest work that waits and has not to avoid a board; 0 without any."""
        return self._longest_work()[1] if self.groups else 0.0

    @property
    def unknown(self) -> bool:
        """Whether these are guesses, and nothing was learnt yet."""
        return self._guesses > 0 and not self._pace.overall_known

    def push(self, work: Work, avoid: str | None = None) -> None:
        """Lets a work wait; `avoid` is the board that is not to get it."""
        self.size += 1
        self._guesses += work.guess
        self._cost += work.cost
        self._costs[work.group] += work.cost
        heap = self.groups.setdefault(work.group, []) if avoid is None else self.elsewhere.setdefault(avoid, [])
        heapq.heappush(heap, (-work.cost, next(self._order), work))
        if avoid is None and heap[0][2] is work:
            self._show_longest(-work.cost, work.group)

    def size_for(self, board: str) -> int:
        """How many works wait that this board may take."""
        return self.size - len(self.elsewhere.get(board, ()))

    def take(
        self, board: str, seconds: float, works: int, tail: float = float("inf"), *, shared: bool = True
    ) -> list[Work]:
        """Takes a batch for a board: at least one work where any waits, within the limits.

        `shared` is whether other boards, too, take of this key. Second tries come first, then works of more than `tail`
        seconds. Otherwise a board goes on with its group; when that is done it goes where most seconds wait per board,
        so that each group's preparation is done by few.
        """
        taken: list[Work] = []
        left = seconds
        while len(taken) < works and (heap := self._next_heap(board, tail, first=not taken)):
            first = heap[0][2]
            cost = first.cost * self._pace.factor(first.cost_class)
            # of a group that nothing is known of, one work at first: the next may take hours, and others have time
            if taken and (cost > left or (shared and first.guess and not self._pace.knows(first.cost_class))):
                break
            work = heapq.heappop(heap)[2]
            if self.groups.get(work.group) is heap:
                if heap:
                    self._show_longest(heap[0][0], work.group)
                else:
                    del self.groups[work.group]
            taken.append(work)
            left -= cost
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
        self._longest.clear()
        self._costs.clear()
        self.size, self._cost, self._guesses = 0, 0.0, 0
        return works

    def _next_heap(self, board: str, tail: float, *, first: bool) -> Heap | None:
        """Where this board's next work is; moves the board to another group when its own is done."""
        for avoided, heap in self.elsewhere.items():
            if avoided != board and heap:
                return heap
        if not self.groups:
            return None
        if first or not self._guesses:
            longest, cost = self._longest_work()
            if cost > tail:
                return self.groups[longest]
        group = self._at.get(board)
        if group not in self.groups:
            self.leave(board)
            group = min(self.groups, key=self._appeal)
            self._at[board] = group
            self._crowd[group] += 1
        return self.groups[group]

    def _appeal(self, group: str) -> tuple[float, int]:
        """Orders groups for a board that looks for one: the most seconds per board first."""
        seconds = self._costs[group] * self._pace.factor((self._key, group))
        return -seconds / (1 + self._crowd[group]), self.groups[group][0][1]

    def _longest_work(self) -> tuple[str, float]:
        """The group of the longest work that waits, and its seconds."""
        if self._guesses:
            # what was learnt may have changed their order
            costs = (
                (group, -heap[0][0] * RISK * self._pace.most((self._key, group))) for group, heap in self.groups.items()
            )
            return max(costs, key=lambda cost: cost[1])
        while True:
            cost, group = self._longest[0]
            heap = self.groups.get(group)
            if heap and heap[0][0] == cost:
                return group, -cost * self._pace.overall
            heapq.heappop(self._longest)

    def _show_longest(self, cost: float, group: str) -> None:
        """Takes note of a group's longest work; without the old entries once they are most of what is noted."""
        heapq.heappush(self._longest, (cost, group))
        if len(self._longest) > 2 * len(self.groups) + OLD_ENTRIES:
            self._longest = [(heap[0][0], name) for name, heap in self.groups.items()]
            heapq.heapify(self._longest)

    def _forget(self, work: Work) -> None:
        """Counts a work out."""
        self.size -= 1
        # sums of floats drift: an empty lane starts afresh
        self._cost = self._cost - work.cost if self.size else 0.0
        self._guesses -= work.guess
        self._costs[work.group] -= work.cost


class Pool:
    """All waiting work, which key each board is at, and the seconds that boards hold of each key.

    Attributes:
        lanes: waiting work by key.
        pace: how estimates compare with what works took.
        held: estimated seconds of works that boards hold, by key.
    """

    def __init__(self) -> None:
        self.lanes: dict[Hashable, Lane] = {}
        self.pace = Pace()
        self.held: defaultdict[Hashable, float] = defaultdict(float)
        self._order = count()
        self._at: dict[str, Hashable] = {}
        self._crowd: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        return sum(lane.size for lane in self.lanes.values())

    def push(self, work: Work, avoid: str | None = None) -> None:
        """Lets a work wait; `avoid` is the board that is not to get it."""
        lane = self.lanes.get(work.key)
        if lane is None:
            lane = self.lanes[work.key] = Lane(work.key, self._order, self.pace)
        lane.push(work, avoid)

    def key_of(self, board: str) -> Hashable | None:
        """The key of the last batch this board took."""
        return self._at.get(board)

    def boards_at(self, key: Hashable) -> int:
        """How many boards took their last batch from this key."""
        return self._crowd[key]

    def seconds_left(self, key: Hashable) -> float:
        """Estimated seconds of a key that wait or are held."""
        lane = self.lanes.get(key)
        return self.held[key] * self.pace.overall + (lane.cost if lane else 0.0)

    def take(
        self,
        board: str,
        key: Hashable,
        seconds: float,
        works: int,
        tail: float = float("inf"),
        *,
        shared: bool = True,
    ) -> list[Work]:
        """Takes a batch for a board from one key; see `Lane.take`."""
        if board not in self._at or self._at[board] != key:
            self.leave(board)
            self._at[board] = key
            self._crowd[key] += 1
        lane = self.lanes[key]
        taken = lane.take(board, seconds, works, tail, shared=shared)
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
