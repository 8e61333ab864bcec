"""The order in which work is handed out."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.batching import Batching
from scheduler.placing import choose_key
from scheduler.policies import LearnedCosts
from scheduler.pool import STALE_ENTRIES, Pool
from scheduler.task import Task


def pool(*tasks: Task) -> Pool:
    filled = Pool(LearnedCosts())
    for task in tasks:
        filled.push(task)
    return filled


def ids(tasks: list[Task]) -> list[str]:
    return [task.id for task in tasks]


def test_longest_first_and_ties_in_planned_order() -> None:
    waiting = pool(Task("b", 1, "op", 1.0), Task("a", 1, "op", 1.0), Task("long", 1, "op", 9.0))
    assert ids(waiting.take("board", 1, 99, 9)) == ["long", "b", "a"]


def test_a_group_is_kept_together_and_a_second_board_starts_another() -> None:
    waiting = pool(*(Task(f"{group}{n}", 1, group, 1.0) for n in range(4) for group in ("add", "mul")))
    assert ids(waiting.take("first", 1, 99, 2)) == ["add0", "add1"]
    assert ids(waiting.take("second", 1, 99, 2)) == ["mul0", "mul1"]
    assert ids(waiting.take("first", 1, 99, 3)) == ["add2", "add3", "mul2"]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["take", "push"]), st.sampled_from("abc"), st.integers(1, 9)), min_size=1, max_size=80
    ),
    guesses=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_the_index_of_the_longest_task_stays_right_and_small(steps: list[tuple[str, str, int]], guesses: bool) -> None:
    filled = Pool(LearnedCosts())
    waiting: dict[str, Task] = {}
    for number, (step, group, cost) in enumerate(steps):
        if step == "push" or not waiting:
            task = waiting[str(number)] = Task(str(number), 1, group, float(cost), guess=guesses and number == 0)
            filled.push(task)
        else:
            for task in filled.take(group, 1, 99, 1):
                del waiting[task.id]
        queue = filled.queues.get(1)
        assert (queue.size if queue else 0) == len(waiting)
        if waiting and queue and not any(task.guess for task in waiting.values()):
            assert queue.longest == max(task.cost for task in waiting.values())
    for number in range(3):
        filled.push(Task(f"stays{number}", 1, "b", 0.5))
    for number in range(10 * STALE_ENTRIES):
        filled.push(Task(f"more{number}", 1, "a", 1.0 + number, guess=True))
        filled.take("board", 1, 99, 1)
    assert len(filled.queues[1]._longest) <= 2 * STALE_ENTRIES


def test_among_guesses_the_operation_that_once_took_long_comes_first() -> None:
    groups = ["short"] * 40 + ["long"] * 3
    waiting = pool(*(Task(f"{group}{n % 40}", 1, group, guess=True) for n, group in enumerate(groups)))
    for group, seconds in (("short", 1.0), ("long", 1.0), ("long", 9.0), ("long", 1.0)):
        waiting.costs.observe((1, group), 1.0, seconds)
    assert waiting.costs.factor((1, "long")) < 5
    assert ids(waiting.take("board", 1, 0.1, 1, tail=17.0)) == ["long0"]  # it may take twice the longest there was
    assert ids(waiting.take("board", 1, 0.1, 1, tail=19.0)) == ["short0"]


def test_a_batch_holds_at_least_one_task_and_no_more_seconds_than_its_limit() -> None:
    waiting = pool(*(Task(f"w{n}", 1, "op", 2.0) for n in range(4)))
    assert ids(waiting.take("board", 1, 0.5, 9)) == ["w0"]
    assert ids(waiting.take("board", 1, 4.0, 9)) == ["w1", "w2"]


def test_retries_come_first_but_not_to_the_board_that_had_them() -> None:
    waiting = pool(Task("fresh", 1, "op"))
    waiting.push(Task("again", 1, "op"), avoid="bad")
    assert waiting.queues[1].size_for("bad") == 1
    assert waiting.queues[1].size_for("good") == 2
    assert ids(waiting.take("good", 1, 99, 1)) == ["again"]
    assert ids(waiting.take("bad", 1, 99, 9)) == ["fresh"]
    assert len(waiting) == 0
    assert not waiting.queues


def test_readmitted_work_goes_to_any_board() -> None:
    waiting = pool()
    waiting.push(Task("again", 1, "op"), avoid="bad")
    waiting.readmit("bad")
    assert ids(waiting.take("bad", 1, 99, 9)) == ["again"]


def test_drained_work_is_all_work_of_the_key() -> None:
    waiting = pool(Task("a", 1), Task("b", 2), Task("c", 1))
    waiting.push(Task("again", 1), avoid="bad")
    assert sorted(ids(waiting.drain(1))) == ["a", "again", "c"]
    assert len(waiting) == 1
    assert waiting.drain("none such") == []


def test_a_board_stays_with_its_key_then_goes_where_fewest_can_then_where_most_waits() -> None:
    waiting = pool(
        Task("a", "small", cost=1.0), Task("b", "large", cost=9.0), Task("c", "rare", cost=0.1), Task("d", "small")
    )
    able = {"small": 2, "large": 2, "rare": 1}

    def choose(board: str, *may: str) -> object:
        return choose_key(board, waiting, lambda key: key in may, lambda key: able[str(key)])

    assert choose("new", "small", "large", "rare") == "rare"
    assert choose("new", "small", "large") == "large"
    assert choose("new") is None
    waiting.take("old", "small", 99, 1)
    assert choose("old", "small", "large", "rare") == "small"
    waiting.leave("old")
    assert choose("old", "small", "large") == "large"


def test_a_board_goes_first_where_it_is_set_up_already() -> None:
    waiting = pool(Task("a", "alike", cost=1.0), Task("b", "other", cost=9.0))
    costs = {"alike": 0.0, "other": 1.0}

    def choose(switch: Callable[[Hashable], float]) -> object:
        return choose_key("board", waiting, costs.__contains__, lambda key: 1 if key == "other" else 2, switch)

    assert choose(lambda _: 1.0) == "other"
    assert choose(lambda key: costs[str(key)]) == "alike"


def test_boards_spread_over_keys() -> None:
    waiting = pool(*(Task(f"{key}{n}", key) for key in ("x", "y") for n in range(4)))
    chosen = []
    for board in ("first", "second"):
        key = choose_key(board, waiting, ("x", "y").__contains__, ("x", "y").count)
        chosen.append(key)
        waiting.take(board, key, 99, 1)
    assert set(chosen) == {"x", "y"}


def test_one_of_each_unknown_group_at_a_time_unless_the_board_is_alone() -> None:
    waiting = Pool(LearnedCosts())
    for name in ("add", "mul"):
        for number in range(2):
            waiting.push(Task(f"{name}{number}", 1, name, 0.02, guess=True))
    assert len(waiting.take("board", 1, 99, 9)) == 1
    assert len(waiting.take("board", 1, 99, 9, shared=False)) == 3


@pytest.mark.parametrize(
    ("seconds_left", "tasks_left", "boards", "expected"),
    [
        (1000.0, 100_000, 4, (2.0, 512)),  # far from the end: as large as allowed
        (8.0, 80, 4, (1.0, 10)),  # a share of what is left
        (0.4, 4, 4, (0.05, 1)),  # the tail: one by one
        (0.2, 200, 4, (0.05, 50)),  # but no less than it costs to hand them out
        (8.0, 80, 1, (2.0, 80)),  # a board that is alone leaves nothing for others
        (1.0, 1, 0, (1.0, 1)),
    ],
)
def test_batches_shrink(seconds_left: float, tasks_left: int, boards: int, expected: tuple[float, int]) -> None:
    seconds, tasks = Batching().limits(seconds_left, tasks_left, boards)
    assert seconds == pytest.approx(expected[0])
    assert tasks == expected[1]
