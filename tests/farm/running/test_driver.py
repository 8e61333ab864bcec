"""A run as the store sees it, without Ray: verdicts, retries and board setups."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace

import pytest

from farm.board.backends.fake import Act, Opening, Script, fake_boards
from farm.board.kinds import KINDS
from farm.cluster.fleet import FleetEvent, Started
from farm.core.verdicts import Reason, Verdict
from farm.planning.board_setup import BoardSetup
from farm.planning.unrunnable import Unrunnable
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import RunInfo, Store
from tests.farm.local_fleet import LocalFleet
from tests.farm.running.driver_helpers import N300, ONE, TWO, boards, run, vector, verdicts
from tracer.device_config import DeviceConfig

pytestmark = pytest.mark.usefixtures("supervisor_death_raises")


ETH = DeviceConfig(dispatch_core_type="ETH")
EITHER = BoardSetup(frozenset({("n150", ONE), ("n300", ETH)}))
"""Kinds that are opened differently for one vector, as large grids of compute cores need it."""


def test_every_vector_runs_once(store: Store) -> None:
    fleet = LocalFleet()
    vectors = [vector(f"v{n}", TWO if n % 2 else ONE) for n in range(40)]
    view = run(store, boards(2), vectors, fleet)
    assert view.counts["validated"] == 40
    assert {board for board, _ in fleet.assigned} == {"fake:n300:0", "fake:n300:1"}
    assert Counter(name for _, names in fleet.assigned for name in names) == Counter(each.id for each in vectors)


def test_unrunnable_vectors_are_concluded_without_a_board(store: Store) -> None:
    fleet = LocalFleet()
    bad = vector("bad", unrunnable=Unrunnable(Reason.BROKEN_CONFIGURATION, "ttnn.add 3 arg0: no shape"))
    view = run(store, [], [bad], fleet)
    assert verdicts(view) == {"bad": ("not_run", "broken_configuration")}
    assert view.vectors[0].message == "ttnn.add 3 arg0: no shape"
    assert fleet.assigned == []


def test_a_board_of_each_kind_is_opened_in_its_own_way(store: Store) -> None:
    fleet = LocalFleet()
    on = [*fake_boards(KINDS["n150"], 1), *boards(1)]
    view = run(store, on, [replace(vector(f"v{n}"), setup=EITHER) for n in range(40)], fleet)
    assert view.counts["validated"] == 40
    assert set(fleet.opened) == {("fake:n150:0", ONE), ("fake:n300:0", ETH)}
    configs = {each.history[0].board: each.history[0].details.get("device_config") for each in view.vectors}
    assert configs == {"fake:n150:0": None, "fake:n300:0": ETH.as_json()}, (
        "only a config that is not the vector's own is recorded"
    )


@pytest.mark.parametrize("refusing", ["n150", "n300"])
def test_a_vector_that_one_kind_refuses_runs_on_another(store: Store, refusing: str) -> None:
    bad = fake_boards(KINDS[refusing], 1, script=Script(opening=Opening.REFUSES))
    good = fake_boards(KINDS["n300" if refusing == "n150" else "n150"], 1)
    view = run(store, [*bad, *good], [replace(vector(f"v{n}"), setup=EITHER) for n in range(20)])
    assert view.counts["validated"] == 20


def test_a_refused_config_fails_only_vectors_that_no_other_kind_could_run(store: Store) -> None:
    on = [*boards(1, Script(opening=Opening.REFUSES)), *fake_boards(KINDS["n150"], 1)]
    alone = [vector(f"a{n}") for n in range(5)]  # the same config, but for n300 alone
    both = [vector(f"b{n}", kinds=("n150", "n300")) for n in range(20)]
    view = run(store, on, [*alone, *both])
    ended = {name: pair[0] for name, pair in verdicts(view).items()}
    assert {ended[each.id] for each in both} == {"validated"}
    assert {ended[each.id] for each in alone} <= {"board_fault", "not_run"}


def test_vectors_that_no_board_fits_are_unsatisfiable(store: Store) -> None:
    view = run(store, boards(1), [vector("a"), vector("large", kinds=("galaxy",))])
    assert verdicts(view) == {"a": ("validated", ""), "large": ("not_run", "unsatisfiable")}


def test_each_kind_of_failure_has_its_verdict_and_attempts(store: Store) -> None:
    script = Script(
        acts={
            "fails": (Act.FAIL,),
            "crashes": (Act.CRASH,),
            "hangs": (Act.HANG,),
            "crashes once": (Act.CRASH, Act.PASS),
            "faulty": (Act.FAULT,),
            "faulty once": (Act.FAULT, Act.PASS),
        }
    )
    view = run(store, boards(1, script), [vector(name) for name in (*script.acts, "good")])
    assert verdicts(view) == {
        "fails": ("fail_assert_exception", "exception"),
        "crashes": ("fail_crash_hang", "crash"),
        "hangs": ("fail_crash_hang", "hang"),
        "crashes once": ("flaky", "crash"),
        "faulty": ("board_fault", "internal"),
        "faulty once": ("validated", ""),
        "good": ("validated", ""),
    }
    attempts = {each.vector_id: len(each.history) for each in view.vectors}
    assert attempts == {
        "fails": 1,
        "crashes": 2,
        "hangs": 2,
        "crashes once": 2,
        "faulty": 3,
        "faulty once": 2,
        "good": 1,
    }


def test_a_crash_is_tried_on_another_board(store: Store) -> None:
    bad, good = boards(1, Script(acts={"v": (Act.CRASH,)})), fake_boards(N300, 1, first=1, script=Script())
    view = run(store, bad + good, [vector("v")])
    [only] = view.vectors
    assert [attempt.board for attempt in only.history] == ["fake:n300:0", "fake:n300:1"]
    assert (only.verdict, only.reason) == (Verdict.FLAKY, Reason.CRASH)


class IsolatingFleet(LocalFleet):
    """A fleet whose workers are isolated from their host."""

    def wait(self, seconds: float) -> list[FleetEvent]:
        return [self._isolated(event) for event in super().wait(seconds)]

    def _isolated(self, event: FleetEvent) -> FleetEvent:
        if not isinstance(event, Started):
            return event
        return replace(event, info=replace(event.info, host_view="in a container"))


def test_what_isolated_workers_see_is_shown_once_for_each_host_and_recorded_for_each_board(store: Store) -> None:
    printed = io.StringIO()
    on = [*boards(2), replace(boards(1)[0], id="far", host="far")]
    run_id = store.start_run(RunInfo("test"))
    vectors = [vector("v")]
    store.plan(run_id, vectors)
    driver = Driver(run_id, on, IsolatingFleet(), store, PlainProgress(printed))
    driver.start()
    driver.run(vectors)
    notes = [line for line in printed.getvalue().splitlines() if "in a container" in line]
    assert [line.partition("vector")[2] for line in notes] == [
        " runs in a container",
        " on far runs in a container",
    ]
    assert [board.details["host_view"] for board in store.view(run_id).run.boards] == ["in a container"] * 3
