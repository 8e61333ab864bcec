"""The registry's process without Ray: what its faults may cost, and what one that starts again takes over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from farm.board.kinds import KINDS
from farm.board.reset_journal import BoardReset
from farm.cluster.board_registry import reset_of
from farm.cluster.registry.action_log import ActionKind
from farm.cluster.registry.cluster_values import HOST_PREFIX, VIEW, PublishedView
from farm.cluster.registry.records import HostOffer, RunReport
from farm.cluster.registry.registry import RUN_SILENCE_SECONDS, SETTLING_SECONDS
from farm.cluster.registry.service import TICK_SECONDS, RegistryService
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable

A, B = (Board(f"a:mock:n300:{number}", "mock", KINDS["n300"], host="a") for number in range(2))
OFFER = HostOffer("a", "node-a", "10.0.0.1", (A, B), {"ttnn": "0.66.0"}, ("left out: c",))


class FakeValues:
    """The cluster's values; `error` is what each call raises."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.error: Exception | None = None

    def get(self, name: str) -> bytes | None:
        self._answer()
        return self.values.get(name)

    def put(self, name: str, value: bytes) -> None:
        self._answer()
        self.values[name] = value

    def remove(self, name: str) -> None:
        self._answer()
        self.values.pop(name, None)

    def names(self, prefix: str) -> Iterator[str]:
        self._answer()
        return iter([name for name in self.values if name.startswith(prefix)])

    def _answer(self) -> None:
        if self.error:
            raise self.error


class Head:
    """The head's disk, cluster and clocks, which outlive registries."""

    def __init__(self, folder: Path) -> None:
        self.holds = folder / "state" / "holds.json"
        self.values = FakeValues()
        self.now = 100.0
        self.unix = 1e9
        self.nodes: list[str] | Exception = ["node-a"]

    def registry(self) -> RegistryService:
        return RegistryService(self.holds, self.values, self._living, lambda: self.now, lambda: self.unix)

    def _living(self) -> list[str]:
        if isinstance(self.nodes, Exception):
            raise self.nodes
        return self.nodes


@pytest.fixture
def head(tmp_path: Path) -> Head:
    return Head(tmp_path)


def report(name: str, **fields: Any) -> RunReport:
    return RunReport(name, "ann@lab", "farm sweep", 0.0, offered=frozenset({A.id, B.id}), **fields)


def test_a_new_registry_has_the_hosts_holds_and_leases_of_the_old_one(head: Head) -> None:
    before = head.registry()
    before.join(OFFER)
    before.hold(B.id, "loud", "ann@lab")
    wants = report("one", requested=frozenset({A.id}))
    assert before.exchange(wants).granted == {A.id}
    before.drain("a", "to be moved")
    after = head.registry()
    view = after.view()
    assert [(host.name, host.state.value, host.notes) for host in view.hosts] == [("a", "draining", ["left out: c"])]
    assert {board.id: board.why for board in view.boards} == {A.id: "to be moved", B.id: "held by ann@lab: loud"}
    before.leave("a")
    assert head.registry().view().hosts == [], "and a host that left stays away"


def test_a_new_registry_leases_nothing_before_runs_had_time_to_report(head: Head) -> None:
    head.registry().join(OFFER)
    after = head.registry()
    both = frozenset({A.id, B.id})
    assert after.exchange(report("new", requested=both)).granted == frozenset()
    assert after.exchange(report("old", requested=both, using=frozenset({A.id}))).granted == {A.id}
    head.now += SETTLING_SECONDS
    assert after.exchange(report("new", requested=both)).granted == {B.id}


def test_a_run_that_the_old_registry_had_is_waited_for_longer(head: Head) -> None:
    before = head.registry()
    before.join(OFFER)
    before.exchange(report("old", requested=frozenset({A.id})))
    before.publish()
    after = head.registry()
    after.view()
    head.now += SETTLING_SECONDS
    assert after.exchange(report("new", requested=frozenset({A.id}))).granted == frozenset()
    assert after.exchange(report("old", requested=frozenset({A.id}), using=frozenset({A.id}))).granted == {A.id}
    after.ended("old")
    assert after.exchange(report("new", requested=frozenset({A.id}))).granted == {A.id}


def usable(registry: RegistryService) -> list[str]:
    return [board.id for board in registry.view().boards if board.is_usable]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"null", b"3", b"[" * 100_000])
def test_damaged_holds_are_set_aside_and_said(head: Head, content: bytes) -> None:
    head.holds.parent.mkdir()
    head.holds.write_bytes(content)
    registry = head.registry()
    registry.join(OFFER)
    [note] = registry.view().notes
    assert "was damaged" in note
    assert "holds.json.damaged-1: boards may have lost their holds" in note
    assert head.holds.with_name("holds.json.damaged-1").read_bytes() == content
    registry.hold(A.id, "loud", "ann@lab")
    assert A.id in head.holds.read_text()


def test_a_board_whose_own_hold_is_damaged_stays_held(head: Head) -> None:
    head.holds.parent.mkdir()
    good = '{"why": "loud", "by": "ann@lab", "since": 1, "room": "of a newer farm"}'
    head.holds.write_text(f'{{"{A.id}": {good}, "{B.id}": {{"why": 3}}}}')
    registry = head.registry()
    registry.join(OFFER)
    reasons = {board.id: board.why for board in registry.view().boards}
    assert reasons[A.id] == "held by ann@lab: loud"
    assert reasons[B.id].startswith("held by farm: its hold was damaged; see ")
    assert usable(registry) == []
    registry.release(B.id, "ann@lab")
    assert usable(registry) == [B.id]


def test_holds_that_can_not_be_saved_hold_and_are_saved_once_they_can(head: Head) -> None:
    head.holds.parent.write_text("no folder")
    registry = head.registry()
    registry.join(OFFER)
    registry.hold(A.id, "loud", "ann@lab")
    assert usable(registry) == [B.id]
    [note] = [note for note in registry.view().notes if "not saved" in note]
    assert str(head.holds) in note
    head.holds.parent.unlink()
    registry.publish()
    assert A.id in head.holds.read_text()
    assert registry.view().notes == []


def test_holds_that_could_not_be_read_hold_once_they_can(head: Head) -> None:
    before = head.registry()
    before.join(OFFER)
    before.hold(A.id, "loud", "ann@lab")
    away = head.holds.parent.rename(head.holds.parent.with_name("away"))
    head.holds.parent.write_text("no folder")
    after = head.registry()
    after.hold(B.id, "hot", "bob@lab")
    assert usable(after) == [A.id]
    assert "boards that it holds may be used, and new holds are not saved" in after.view().notes[0]
    head.holds.parent.unlink()
    away.rename(head.holds.parent)
    after.publish()
    assert (usable(after), after.view().notes) == ([], [])
    assert usable(head.registry()) == []


def test_an_error_of_one_caller_is_no_one_elses(head: Head) -> None:
    registry = head.registry()
    registry.join(OFFER)
    for bad in (
        replace(report("bad"), requested=3),  # type: ignore[arg-type]
        replace(report("bad"), boards={A.id: "warm"}),  # type: ignore[dict-item]
        replace(report("bad"), verdicts={"passed": "many"}),  # type: ignore[dict-item]
        replace(report("bad"), command="\udcff", who=b"\xff"),  # type: ignore[arg-type]
    ):
        with pytest.raises(FarmError, match="the report of a run is malformed"):
            registry.exchange(bad)
    with pytest.raises(FarmError, match="host 'b' offers boards of another host: a:mock:n300:0"):
        registry.join(HostOffer("b", "node-b", "10.0.0.2", (A,)))
    with pytest.raises(FarmError, match="the offer of a host is malformed"):
        registry.join(replace(OFFER, boards=("a board",)))  # type: ignore[arg-type]
    assert registry.exchange(report("good", requested=frozenset({A.id}))).granted == {A.id}


def test_a_cluster_that_does_not_answer_costs_nothing_that_is_there(head: Head) -> None:
    registry = head.registry()
    registry.join(OFFER)
    head.nodes = ConnectionError("no head")
    head.values.error = ConnectionError("no store")
    head.now += 2 * TICK_SECONDS
    assert registry.exchange(report("one", requested=frozenset({A.id}))).granted == {A.id}
    registry.drain("a", "to be moved")
    assert registry.view().hosts[0].state.value == "draining"


def test_a_registry_that_knows_no_hosts_yet_says_so_and_tries_again(head: Head) -> None:
    head.registry().join(OFFER)
    head.values.error = ConnectionError("no store")
    registry = head.registry()
    with pytest.raises(NotRunnable, match="the registry starts, and the cluster doesn't name its hosts: no store"):
        registry.view()
    head.values.error = None
    assert [host.name for host in registry.view().hosts] == ["a"]


def test_a_damaged_record_of_a_host_costs_no_other(head: Head) -> None:
    head.registry().join(OFFER)
    head.values.values |= {f"{HOST_PREFIX}b": b"{", VIEW: b"\xff"}
    assert [host.name for host in head.registry().view().hosts] == ["a"]


def test_a_clock_that_jumps_ends_no_run(head: Head) -> None:
    registry = head.registry()
    registry.join(OFFER)
    registry.exchange(report("one", requested=frozenset({A.id})))
    registry.checked(A.id, passed=True, message="")
    head.unix += 1e6
    view = registry.view()
    assert [run.boards for run in view.runs] == [1]
    assert view.at == head.unix
    assert {board.id: board.canary for board in view.boards} == {A.id: head.unix, B.id: None}


def test_the_published_view_is_the_farms(head: Head) -> None:
    registry = head.registry()
    registry.join(OFFER)
    for number in (1, 2):
        registry.publish()
        published = PublishedView.model_validate_json(head.values.values[VIEW])
        assert (published.number, [board.id for board in published.view.boards]) == (number, [A.id, B.id])


def test_what_people_runs_and_hosts_do_is_logged_with_who(head: Head) -> None:
    registry = head.registry()
    registry.join(OFFER)
    registry.hold(B.id, "loud", "ann@lab")
    registry.exchange(report("one"))
    registry.exchange(report("one"))
    registry.publish()
    registry = head.registry()  # it replaces the first one, and knows the run
    registry.exchange(report("one"))
    registry.release(B.id, "bob@lab")
    registry.begins(ActionKind.RESET, B.id, "bob@lab")
    with pytest.raises(FarmError):
        registry.release(B.id, "eve@lab")
    registry.ended("one")
    registry.drain("a", "to be moved")
    registry.leave("a")
    assert [(each.who, each.action.value, each.name, each.detail) for each in registry.actions(100)] == [
        ("a", "join", "a", ""),
        ("ann@lab", "hold", B.id, "loud"),
        ("ann@lab", "run", "one", "farm sweep"),
        ("bob@lab", "release", B.id, ""),
        ("bob@lab", "reset", B.id, ""),
        ("ann@lab", "run ended", "one", ""),
        ("a", "drain", "a", "to be moved"),
        ("a", "leave", "a", ""),
    ]


def test_the_end_of_a_reset_is_logged_with_its_duration(head: Head) -> None:
    registry = head.registry()
    registry.join(OFFER)
    registry.was_reset(B.id, "run-1", message="", seconds=12.5)
    registry.was_reset(B.id, "bob@lab", message="1 of 2 chips did not come back", seconds=60.0)
    good, failed = registry.actions(2)
    assert (good.who, good.action.value, good.name, good.seconds) == ("run-1", "reset ended", B.id, 12.5)
    assert (failed.action.value, failed.detail) == ("reset failed", "1 of 2 chips did not come back")
    assert reset_of(registry.actions(3)[0]) is None
    assert reset_of(failed) == BoardReset(
        at=failed.at - 60.0,
        board=B.id,
        by="bob@lab",
        good=False,
        seconds=60.0,
        message="1 of 2 chips did not come back",
    )


def test_how_a_run_ended_is_logged(head: Head) -> None:
    registry = head.registry()
    for name in ("done", "stopped", "killed"):
        registry.exchange(report(name))
    registry.ended("done")
    registry.ended("stopped", stopped=True)
    head.now += RUN_SILENCE_SECONDS + 1
    registry.view()
    registry.view()
    assert [(each.who, each.action.value, each.name) for each in registry.actions(3)] == [
        ("ann@lab", "run ended", "done"),
        ("ann@lab", "run stopped", "stopped"),
        ("ann@lab", "run silent", "killed"),
    ]


def test_a_log_that_cannot_be_written_fails_no_run(head: Head) -> None:
    (head.holds.parent / "actions.jsonl").mkdir(parents=True)
    registry = head.registry()
    registry.join(OFFER)
    assert registry.exchange(report("one", requested=frozenset({A.id}))).granted == {A.id}
    assert any(note.startswith("actions are not logged") for note in registry.view().notes)
