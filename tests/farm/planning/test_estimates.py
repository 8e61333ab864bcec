"""What vectors are expected to cost, from a store of earlier runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farm.board.backends.fake import Script, fake_boards
from farm.board.kinds import KINDS
from farm.core.attempt import Attempt
from farm.core.outcome import Outcome
from farm.core.payload import TracedCall, encode
from farm.core.verdicts import Verdict
from farm.planning.board_setup import BoardSetup
from farm.planning.estimates import DEADLINE_FACTOR, DEFAULT_SECONDS, LEAST_DEADLINE, Basis, Estimates, learn, size
from farm.planning.vectors import Vector
from farm.store import RunBoard, RunInfo, Store
from scheduler.policies import LearnedCosts
from scheduler.pool import Pool
from scheduler.task import Task
from tracer.device_config import DeviceConfig

BOARDS = fake_boards(KINDS["n300"], 1, script=Script())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def tensor(*shape: int) -> dict[str, Any]:
    return {"type": "ttnn.Tensor", "original_shape": list(shape), "original_dtype": "DataType.BFLOAT16"}


def vector(name: str, operation: str = "ttnn.add", side: int = 32, seconds: float | None = None) -> Vector:
    return Vector(
        id=name,
        operation=operation,
        config_hash="",
        content_hash=f"content of {name}",
        device_config=DeviceConfig(),
        device_config_inferred=False,
        text=encode(TracedCall("v", operation, {"arg0": tensor(1, 1, side, side)})),
        setup=BoardSetup.uniform(DeviceConfig(), ["n300"]),
        seconds=seconds,
    )


def ran(
    store: Store, took: dict[Vector, float], verdict: Verdict = Verdict.VALIDATED, open_seconds: float | None = None
) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.board(run_id, RunBoard(BOARDS[0]))
    store.plan(run_id, list(took))
    store.record(
        run_id,
        [
            Attempt(1, BOARDS[0].id, Outcome(each.id, verdict, seconds=seconds, open_seconds=open_seconds))
            for each, seconds in took.items()
        ],
    )


def test_a_vector_that_ran_is_expected_to_take_as_long_again(store: Store) -> None:
    slow, quick = vector("slow"), vector("quick")
    for seconds in (4.0, 5.0, 60.0):
        ran(store, {slow: seconds, quick: 0.01})
    costs = learn(store, [slow, quick], BOARDS)
    assert costs.of(slow).seconds == 5.0
    assert (costs.of(quick).seconds, costs.of(quick).basis) == (0.01, "history")


def test_one_that_never_ran_is_expected_to_be_like_others_of_its_operation_by_size(store: Store) -> None:
    known, small, large = vector("known", side=1024), vector("small"), vector("large", side=4096)
    ran(store, {known: 1.0})
    costs = learn(store, [known, small, large], BOARDS)
    assert costs.of(small).seconds < 1.0 < costs.of(large).seconds
    assert costs.of(small).basis == "operation"
    alone = learn(store, [small], BOARDS)
    assert (alone.of(small).seconds, alone.of(small).basis) == (1.0, "operation")


def test_nothing_known_is_a_default_and_says_so(store: Store) -> None:
    costs = learn(store, [vector("a")], BOARDS)
    assert (costs.of(vector("a")).seconds, costs.of(vector("a")).basis) == (DEFAULT_SECONDS, "default")
    assert Estimates().of(vector("planned", seconds=9.0)).seconds == 9.0


def test_a_first_sweep_is_planned_by_measured_device_times(store: Store) -> None:
    times = {"short": 2e-6, "long": 9e-3, "middle": 4e-4}
    vectors = [replace(vector(name), device_seconds=seconds) for name, seconds in times.items()]
    costs = learn(store, vectors, BOARDS)
    waiting = Pool(LearnedCosts())
    for each in vectors:
        estimate = costs.of(each)
        assert estimate.basis is Basis.DEVICE_TIMES
        waiting.push(Task(each.id, each.setup, each.operation, estimate.seconds, guess=estimate.basis.is_guess))
    taken = [waiting.take("board", vectors[0].setup, 99, 1)[0].id for _ in vectors]
    assert taken == ["long", "middle", "short"]
    ran(store, {vectors[0]: 3.0})
    known = learn(store, vectors, BOARDS)
    assert [known.of(each).basis for each in vectors] == [Basis.HISTORY, Basis.OPERATION, Basis.OPERATION]


def test_crashes_and_other_kinds_of_boards_say_nothing(store: Store) -> None:
    each = vector("a")
    ran(store, {each: 30.0}, Verdict.FAIL_CRASH_HANG)
    ran(store, {each: 1.0})
    assert learn(store, [each], BOARDS).of(each).seconds == 1.0
    assert learn(store, [each], fake_boards(KINDS["n150"], 1)).of(each).basis == "default"


def test_openings_are_learnt(store: Store) -> None:
    each = vector("a")
    ran(store, {each: 1.0}, open_seconds=2.5)
    assert learn(store, [each], BOARDS).setups.switch == 2.5


def test_size() -> None:
    assert size(TracedCall("v", "ttnn.add", {"arg0": tensor(2, 3), "arg1": [tensor(4), 7]})).bytes == 20
    product = TracedCall("v", "ttnn.matmul", {"arg0": tensor(8, 16), "arg1": tensor(16, 4)})
    assert size(product).flops == 2 * 8 * 16 * 4


def test_a_deadline_is_a_multiple_of_the_history_and_at_least_what_a_busy_host_needs(store: Store) -> None:
    fast, slow, new = vector("fast"), vector("slow"), vector("new")
    for _ in range(2):
        ran(store, {fast: 0.01, slow: 1.0})
    assert learn(store, [fast], BOARDS).deadline(fast) is None, "twice is not enough to know"
    ran(store, {fast: 0.02, slow: 2.0})
    costs = learn(store, [fast, slow, new], BOARDS)
    assert costs.deadline(fast) == LEAST_DEADLINE
    assert costs.deadline(slow) == 2.0 * DEADLINE_FACTOR
    assert costs.deadline(new) is None
