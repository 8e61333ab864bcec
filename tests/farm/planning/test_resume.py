"""A run goes on where it was cut off, and repeats nothing."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.core.attempt import Attempt, Conclusion
from farm.core.board import Board
from farm.core.errors import NothingSelected
from farm.core.numeric_options import InputStyle, NumericOptions
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector, Payload, TracedCall, Unreadable, encode
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.core.tolerance import Bounds, ToleranceRow
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason, Verdict
from farm.planning.board_setup import BoardSetup
from farm.planning.resume import board_selector_of, resume_run
from farm.planning.vectors import Vector
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, RunView, Store
from tests.farm.local_fleet import LocalFleet
from tracer.device_config import DeviceConfig
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, ShardSpec, Tensor
from tracer.values import encode as encode_value

N300 = KINDS["n300"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def vector(name: str, payload: Payload | None = None, **more: Any) -> Vector:
    return Vector(
        name,
        "ttnn.add",
        "",
        "",
        DeviceConfig(),
        text=encode(payload or TracedCall(name, "ttnn.add")),
        setup=BoardSetup.uniform(DeviceConfig(), ["n300"]),
        **{"device_config_inferred": False, **more},
    )


def test_a_resumed_run_makes_and_judges_numbers_as_before(store: Store) -> None:
    row = ToleranceRow("ours", Bounds(ulp=3.0), "measured", ("ttnn.add",), ("elementwise",), ("BFLOAT16",))
    numbers = NumericOptions(InputStyle.EDGE, 7, canary=False, repeat=3, tolerances=(row,))
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, [vector("v", TracedCall("v", "ttnn.add", numbers=numbers))])
    [left] = resume_run(store, run_id, [N300]).vectors
    assert isinstance(left.payload, TracedCall)
    assert left.payload.numbers == numbers


class Killed(BaseException):
    """The driver's end, wherever it is."""


def begin(store: Store, script: Script, names: Sequence[str], cut_at: int) -> str:
    """A run whose driver dies when it polls for the nth time, and does nothing after that."""
    run_id = store.start_run(RunInfo("test"))
    vectors = [vector(name) for name in names]
    store.plan(run_id, vectors)
    looks = iter(range(10_000))

    def look() -> bool:
        if next(looks) == cut_at:
            raise Killed
        return False

    driver = Driver(run_id, boards(script), LocalFleet(), store, PlainProgress(io.StringIO()))
    driver.start()
    with pytest.raises(Killed):
        driver.run(vectors, look)
    return run_id


def boards(script: Script, first: int = 0) -> list[Board]:
    return fake_boards(N300, 2, first=first, script=script)


def go_on(
    store: Store, run_id: str, script: Script, *, retry_failed: bool = False, retry_infra: bool = False
) -> tuple[RunView, LocalFleet]:
    rest = resume_run(store, run_id, [N300], retry_failed=retry_failed, retry_infra=retry_infra)
    fleet = LocalFleet()
    driver = Driver(run_id, boards(script), fleet, store, PlainProgress(io.StringIO()))
    driver.start()
    driver.run(rest.vectors, past=rest.past)
    view = store.view(run_id)
    assert sum(view.counts.values()) == 2 * view.counts["planned"]
    assert all(each.concluded for each in view.vectors)
    return view, fleet


@pytest.mark.parametrize("cut_at", range(1, 10))
def test_whenever_the_driver_dies_the_rest_is_run_and_nothing_twice(store: Store, cut_at: int) -> None:
    script = Script(
        acts={"v3": (Act.FAIL,), "v5": (Act.CRASH,), "v7": (Act.FAULT, Act.PASS), "v9": (Act.HANG, Act.PASS)}
    )
    run_id = begin(store, script, [f"v{n}" for n in range(60)], cut_at)
    before = {each.vector_id: each.history for each in store.view(run_id).vectors if each.history}
    concluded = {each.vector_id for each in store.view(run_id).vectors if each.concluded}
    view, fleet = go_on(store, run_id, script)
    ran = Counter(name for _, names in fleet.assigned for name in names)
    assert not set(ran) & concluded
    for each in view.vectors:
        assert [tried.number for tried in each.history] == list(range(1, len(each.history) + 1))
        if each.vector_id in before:
            assert each.history[: len(before[each.vector_id])] == before[each.vector_id], "what is recorded stays"
    verdicts = {each.vector_id: each.verdict for each in view.vectors}
    assert verdicts.pop("v3") is Verdict.FAIL_ASSERT_EXCEPTION
    assert verdicts.pop("v5") is Verdict.FAIL_CRASH_HANG
    assert verdicts.pop("v9") in (Verdict.FLAKY, Verdict.FAIL_CRASH_HANG)  # a new board has a new script
    assert set(verdicts.values()) == {Verdict.VALIDATED}


def test_attempts_before_count_after(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, [vector("v")])
    crash = Outcome("v", Verdict.FAIL_CRASH_HANG, Reason.CRASH, "was killed by SIGSEGV")
    store.record(run_id, [Attempt(1, "fake:n300:7", crash)])
    view, _ = go_on(store, run_id, Script(acts={"v": (Act.CRASH,)}))
    assert [len(each.history) for each in view.vectors] == [2], "one crash before, one after: no more"


def test_a_good_attempt_stands_though_an_older_verdict_says_stopped(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, [vector("v"), vector("flaky")])
    store.conclude(run_id, [Conclusion(name, Verdict.NOT_RUN, Reason.STOPPED) for name in ("v", "flaky")])
    crash = Attempt(1, "fake:n300:7", Outcome("flaky", Verdict.FAIL_CRASH_HANG, Reason.CRASH, "SIGSEGV"))
    good = [Attempt(1, "fake:n300:7", Outcome("v", Verdict.VALIDATED))]
    store.record(run_id, [*good, crash, Attempt(2, "fake:n300:8", Outcome("flaky", Verdict.VALIDATED))])
    view, fleet = go_on(store, run_id, Script())
    assert {each.vector_id: each.verdict for each in view.vectors} == {"v": Verdict.VALIDATED, "flaky": Verdict.FLAKY}
    assert fleet.assigned == [], "nothing is run again"


def test_vectors_that_a_stop_left_run_and_failures_only_on_request(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    names = ["bad", "faulty", "stopped", "good"]
    store.plan(run_id, [vector(name) for name in names])
    fake = Script(acts={"bad": (Act.FAIL,), "faulty": (Act.FAULT,)})
    driver = Driver(run_id, boards(fake), LocalFleet(), store, PlainProgress(io.StringIO()))
    driver.start()
    driver.run([vector(name) for name in names if name != "stopped"])
    store.conclude(run_id, [Conclusion("stopped", Verdict.NOT_RUN, Reason.STOPPED)])
    view, _ = go_on(store, run_id, Script())
    assert {each.vector_id: each.verdict.value for each in view.vectors} == {
        "bad": "fail_assert_exception",
        "faulty": "board_fault",
        "stopped": "validated",
        "good": "validated",
    }
    with pytest.raises(NothingSelected, match="is complete: add --retry-failed"):
        resume_run(store, run_id, [N300])
    view, _ = go_on(store, run_id, Script(), retry_infra=True)
    assert {each.vector_id: each.verdict.value for each in view.vectors}["faulty"] == "validated"
    view, _ = go_on(store, run_id, Script(), retry_failed=True)
    [bad] = [each for each in view.vectors if each.vector_id == "bad"]
    assert bad.verdict is Verdict.FLAKY
    assert [each.verdict for each in bad.history] == [Verdict.FAIL_ASSERT_EXCEPTION, Verdict.VALIDATED]
    with pytest.raises(NothingSelected, match=f"nothing in it failed; to run it again: farm sweep --from {run_id}"):
        resume_run(store, run_id, [N300], retry_failed=True, retry_infra=True)


def test_a_broken_configuration_stays_one(store: Store) -> None:
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, [vector("b", Unreadable("b", "ttnn.add"))])
    view, fleet = go_on(store, run_id, Script())
    assert [(each.verdict, each.reason) for each in view.vectors] == [(Verdict.NOT_RUN, Reason.BROKEN_CONFIGURATION)]
    assert fleet.assigned == []


def test_vectors_are_placed_again_for_the_boards_there_are_now(store: Store) -> None:
    cores = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(6, 8)),))
    memory = MemoryConfig("HEIGHT_SHARDED", "L1", ShardSpec(cores, (32, 32)))
    arguments = {"arg0": encode_value(Tensor((1, 1, 2016, 32), "BFLOAT16", "TILE", memory=memory))}
    plain, column, eth = DeviceConfig(), DeviceConfig(dispatch_core_axis="COL"), DeviceConfig(dispatch_core_type="ETH")
    module = ModuleVector("module", SweepModule("m", Path("m.py")), grid=(7, 9))
    traced = TracedCall("traced", "ttnn.add", arguments, openings=(TracedOpening(eth, "tt-galaxy-wh", 32).as_json(),))
    vectors = [
        vector("inferred", TracedCall("inferred", "ttnn.add", arguments), device_config_inferred=True),
        vector("of an older farm", TracedCall("of an older farm", "ttnn.add", arguments)),
        vector("module", module, device_config_inferred=True),
        vector("traced", traced),
    ]
    run_id = store.start_run(RunInfo("test"))
    store.plan(run_id, vectors)
    kinds = [KINDS["n150"], KINDS["galaxy"], KINDS["p150"]]
    rest = {each.id: each for each in resume_run(store, run_id, kinds).vectors}
    either = BoardSetup(frozenset({("n150", column), ("galaxy", plain), ("p150", plain)}))
    assert {name: each.setup for name, each in rest.items()} == {
        "inferred": either,
        "of an older farm": either,
        "module": either,
        "traced": BoardSetup(frozenset({("n150", column), ("galaxy", eth), ("p150", plain)})),
    }
    assert {each.device_config for each in rest.values()} == {plain}
    assert all(each.unrunnable for each in resume_run(store, run_id, [N300]).vectors)


def test_the_boards_of_a_run_are_those_it_had(store: Store) -> None:
    run_id = begin(store, Script(), ["a", "b"], 1)
    assert board_selector_of(store.view(run_id)) == "fake:n300*2"


def test_a_box_that_was_split_is_split_anew(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep", spec=SweepSpec(boards="fake:t3000/auto")))
    assert board_selector_of(store.view(run_id)) == "fake:t3000/auto"
