"""Waiting work: by key, within a key by group, within a group longest first."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from itertools import count
from typing import TypeAlias

from scheduler.policies.protocols import CostPolicy
from scheduler.task import Task

Heap: TypeAlias = list[tuple[float, int, Task]]

TAIL_SHARE = 0.5
"""A task that takes more than this part of the remaining seconds per board is started before all others: later, the
whole run would wait for it."""
STALE_ENTRIES = 64
"""How many entries of a queue's index may be stale before the index is rebuilt."""
RISK = 2.0
"""A guessed task may take up to this many times as long as the longest ended task of its group."""


class KeyQueue:
    """The waiting work of one key.

    Attributes:
        size: the number of tasks.
        groups: a heap per group, longest first; ties go to the task planned first.
        elsewhere: a heap per board: tasks that other boards must take, since this one tried them last.
    """

    def __init__(self, key: Hashable, order: Iterator[int], costs: CostPolicy) -> None:
        self.size = 0
        self.groups: dict[str, Heap] = {}
        self.elsewhere: dict[str, Heap] = {}
        self._key = key
        self._order = order
        self._policy = costs
        self._costs: defaultdict[str, float] = defaultdict(float)  # estimated, by group
        self._longest: list[tuple[float, str]] = []  # an index: the longest task of each group, and stale entries
        self._group_of: dict[str, str] = {}  # by board
        self._boards_at: Counter[str] = Counter()  # by group
        self._cost = 0.0
        self._guesses = 0

    @property
    def cost(self) -> float:
        """Estimated seconds of all waiting tasks, corrected by the learned factors."""
        if not self._guesses:
            return self._cost * self._policy.overall
        return sum(cost * self._policy.factor((self._key, group)) for group, cost in self._costs.items())

    @property
    def longest(self) -> float:
        """Estimated seconds of the longest task that any board may take; 0 without any."""
        return self._longest_task()[1] if self.groups else 0.0

    @property
    def unknown(self) -> bool:
        """Whether these are guesses, and no factor was learned yet."""
        return self._guesses > 0 and not self._policy.has_observations

    def push(self, task: Task, avoid: str | None = None) -> None:
        """Add a task; `avoid` is the board that must not get it."""
        self.size += 1
        self._guesses += task.guess
        self._cost += task.cost
        self._costs[task.group] += task.cost
        heap = self.groups.setdefault(task.group, []) if avoid is None else self.elsewhere.setdefault(avoid, [])
        heapq.heappush(heap, (-task.cost, next(self._order), task))
        if avoid is None and heap[0][2] is task:
            self._index_longest(-task.cost, task.group)

    def size_for(self, board: str) -> int:
        """Count the tasks that this board may take."""
        return self.size - len(self.elsewhere.get(board, ()))

    def take(
        self, board: str, seconds: float, tasks: int, tail: float = float("inf"), *, shared: bool = True
    ) -> list[Task]:
        """Take a batch for a board: at least one task if any waits for it, within the limits.

        Retries come first, then tasks of more than `tail` seconds. Otherwise a board continues with its group; when
        that is done, it takes the group with the most seconds per board, so that few boards prepare each group.

        Args:
            board: its id.
            seconds: limit of the batch in estimated seconds.
            tasks: limit of the batch in tasks.
            tail: tasks of more estimated seconds are started first.
            shared: whether other boards also take work of this key.
        """
        batch: list[Task] = []
        left = seconds
        while len(batch) < tasks and (heap := self._next_heap(board, tail, first=not batch)):
            first = heap[0][2]
            cost = first.cost * self._policy.factor(first.cost_class)
            # of an unknown group, take one task at first: the next may take hours, and other boards have time
            if batch and (cost > left or (shared and first.guess and not self._policy.knows(first.cost_class))):
                break
            task = heapq.heappop(heap)[2]
            if self.groups.get(task.group) is heap:
                if heap:
                    self._index_longest(heap[0][0], task.group)
                else:
                    del self.groups[task.group]
            batch.append(task)
            left -= cost
            self._forget(task)
        return batch

    def leave(self, board: str) -> None:
        """Note that a board works on another key now."""
        group = self._group_of.pop(board, None)
        if group is not None:
            self._boards_at[group] -= 1

    def readmit(self, board: str) -> None:
        """Let any board take the tasks that had to avoid this one."""
        for _, _, task in self.elsewhere.pop(board, ()):
            self._forget(task)
            self.push(task)

    def drain(self) -> list[Task]:
        """Take all tasks."""
        tasks = [task for heap in (*self.elsewhere.values(), *self.groups.values()) for _, _, task in heap]
        self.elsewhere.clear()
        self.groups.clear()
        self._longest.clear()
        self._costs.clear()
        self.size, self._cost, self._guesses = 0, 0.0, 0
        return tasks

    def _next_heap(self, board: str, tail: float, *, first: bool) -> Heap | None:
        """Return the heap of this board's next task; move the board to another group when its own is done."""
        for avoided, heap in self.elsewhere.items():
            if avoided != board and heap:
                return heap
        if not self.groups:
            return None
        if first or not self._guesses:
            longest, cost = self._longest_task()
            if cost > tail:
                return self.groups[longest]
        group = self._group_of.get(board)
        if group not in self.groups:
            self.leave(board)
            group = min(self.groups, key=self._attraction)
            self._group_of[board] = group
            self._boards_at[group] += 1
        return self.groups[group]

    def _attraction(self, group: str) -> tuple[float, int]:
        """Order groups for a board that needs one: the most seconds per board first."""
        seconds = self._costs[group] * self._policy.factor((self._key, group))
        return -seconds / (1 + self._boards_at[group]), self.groups[group][0][1]

    def _longest_task(self) -> tuple[str, float]:
        """Return the group of the longest task, and its estimated seconds."""
        if self._guesses:
            # learned factors may have changed the order
            costs = (
                (group, -heap[0][0] * RISK * self._policy.worst_factor((self._key, group)))
                for group, heap in self.groups.items()
            )
            return max(costs, key=lambda cost: cost[1])
        while True:
            cost, group = self._longest[0]
            heap = self.groups.get(group)
            if heap and heap[0][0] == cost:
                return group, -cost * self._policy.overall
            heapq.heappop(self._longest)

    def _index_longest(self, cost: float, group: str) -> None:
        """Add a group's longest task to the index; rebuild the index once most entries are stale."""
        heapq.heappush(self._longest, (cost, group))
        if len(self._longest) > 2 * len(self.groups) + STALE_ENTRIES:
            self._longest = [(heap[0][0], name) for name, heap in self.groups.items()]
            heapq.heapify(self._longest)

    def _forget(self, task: Task) -> None:
        """Subtract a task from the sums."""
        self.size -= 1
        # sums of floats drift: an empty queue restarts at 0
        self._cost = self._cost - task.cost if self.size else 0.0
        self._guesses -= task.guess
        self._costs[task.group] -= task.cost


class Pool:
    """All waiting work, the key each board is at, and the seconds that boards hold of each key.

    Attributes:
        queues: waiting work by key.
        costs: corrects estimates.
        held: estimated seconds of tasks that boards hold, by key.
    """

    def __init__(self, costs: CostPolicy) -> None:
        self.queues: dict[Hashable, KeyQueue] = {}
        self.costs = costs
        self.held: defaultdict[Hashable, float] = defaultdict(float)
        self._order = count()
        self._key_of: dict[str, Hashable] = {}  # by board
        self._boards_at: Counter[Hashable] = Counter()  # by key

    def __len__(self) -> int:
        return sum(queue.size for queue in self.queues.values())

    def push(self, task: Task, avoid: str | None = None) -> None:
        """Add a task; `avoid` is the board that must not get it."""
        queue = self.queues.get(task.key)
        if queue is None:
            queue = self.queues[task.key] = KeyQueue(task.key, self._order, self.costs)
        queue.push(task, avoid)

    def key_of(self, board: str) -> Hashable | None:
        """Return the key of the last batch this board took."""
        return self._key_of.get(board)

    def boards_at(self, key: Hashable) -> int:
        """Count the boards that took their last batch from this key."""
        return self._boards_at[key]

    def seconds_left(self, key: Hashable) -> float:
        """Return the estimated seconds of a key's tasks that wait or that boards hold."""
        queue = self.queues.get(key)
        return self.held[key] * self.costs.overall + (queue.cost if queue else 0.0)

    def take(
        self,
        board: str,
        key: Hashable,
        seconds: float,
        tasks: int,
        tail: float = float("inf"),
        *,
        shared: bool = True,
    ) -> list[Task]:
        """Take a batch of one key for a board; see `KeyQueue.take`."""
        if board not in self._key_of or self._key_of[board] != key:
            self.leave(board)
            self._key_of[board] = key
            self._boards_at[key] += 1
        queue = self.queues[key]
        batch = queue.take(board, seconds, tasks, tail, shared=shared)
        if not queue.size:
            del self.queues[key]
        return batch

    def leave(self, board: str) -> None:
        """Note that a board is at no key now."""
        if board not in self._key_of:
            return
        key = self._key_of.pop(board)
        self._boards_at[key] -= 1
        if key in self.queues:
            self.queues[key].leave(board)

    def readmit(self, board: str) -> None:
        """Let any board take the tasks that had to avoid this one."""
        for queue in self.queues.values():
            queue.readmit(board)

    def drain(self, key: Hashable) -> list[Task]:
        """Take all tasks of one key."""
        queue = self.queues.pop(key, None)
        return queue.drain() if queue else []
