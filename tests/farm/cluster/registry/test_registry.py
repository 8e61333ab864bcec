"""One test per promise of the registry, without Ray, on a clock of the test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from farm.board.kinds import KINDS
from farm.board.selection import select_boards
from farm.cluster.registry.records import HostOffer, RegistryAnswer, RunReport
from farm.cluster.registry.registry import FAULTS_BEFORE_HOLD, RUN_SILENCE_SECONDS, Registry
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.progress import BoardStatus
from scheduler import BoardState
from scheduler.policies.fair_sharing import PATIENCE_SECONDS


def board(name: str) -> Board:
    host, _, kind, _ = name.split(":")
    return Board(name, "mock", KINDS[kind], host=host)


def offer(host: str, *boards: str, node: str = "") -> HostOffer:
    return HostOffer(host, node or f"node-{host}", "10.0.0.1", tuple(board(f"{host}:mock:{each}") for each in boards))


def farm(*offers: HostOffer) -> Registry:
    registry = Registry()
    registry.nodes([each.node for each in offers])
    for each in offers:
        registry.join(each, 0.0)
    return registry


class Run:
    """A run that requests all that it is offered, as the driver does."""

    def __init__(
        self, registry: Registry, name: str, started: float = 0.0, *, priority: int = 0, max_boards: int | None = None
    ) -> None:
        self.registry = registry
        self.report = RunReport(name, f"{name}@host", "farm sweep", started, priority, max_boards)
        self.answer = RegistryAnswer()

    def report_twice(self, now: float = 0.0) -> RegistryAnswer:
        """Report to the registry twice: to be offered boards, and to be granted them."""
        for _ in range(2):
            self.answer = self.registry.exchange(self.report, now)
            names = frozenset(each.id for each in self.answer.offered)
            self.report = replace(
                self.report,
                offered=(self.report.offered | names) - self.answer.withdrawn.keys(),
                requested=(self.report.requested | names) - self.answer.withdrawn.keys(),
            )
            if self.answer.withdrawn:
                break
        return self.answer


def states(registry: Registry) -> dict[str, str]:
    return {each.id: each.state.value for each in registry.view(0.0).boards}


def test_a_run_is_granted_the_boards_that_it_is_offered() -> None:
    registry = farm(offer("a", "n300:0", "n300:1"))
    run = Run(registry, "r")
    assert run.report_twice().granted == {"a:mock:n300:0", "a:mock:n300:1"}
    assert set(states(registry).values()) == {"starting"}
    assert registry.view(0.0).totals["mock:n300"].busy == 2
    registry.ended("r", 1.0)
    assert set(states(registry).values()) == {"unverified"}
    assert registry.view(1.0).totals["mock:n300"].free == 2


def test_a_board_has_one_run_at_a_time() -> None:
    registry = farm(offer("a", "n300:0"))
    first, second = Run(registry, "one"), Run(registry, "two", started=1.0)
    first.report_twice()
    assert second.report_twice().granted == frozenset()
    assert second.answer.withdrawn == {}
    registry.ended("one", 1.0)
    assert second.report_twice().granted == {"a:mock:n300:0"}


def test_a_run_without_a_board_gets_one_of_a_run_with_several() -> None:
    registry = farm(offer("a", "n300:0", "n300:1"))
    first, second = Run(registry, "one"), Run(registry, "two", started=1.0)
    first.report_twice()
    second.report_twice()
    [(withdrawn, why)] = first.report_twice().withdrawn.items()
    assert why == "it is the turn of run two"
    first.report_twice()
    assert second.report_twice().granted == {withdrawn}
    assert first.report_twice().withdrawn == {}, "each has one, and keeps it"


def test_an_urgent_run_gets_all_boards_but_one_of_each_other_run() -> None:
    registry = farm(offer("a", "n300:0", "n300:1", "n300:2"))
    first, urgent = Run(registry, "one"), Run(registry, "urgent", started=1.0, priority=3)
    first.report_twice()
    for _ in range(3):
        urgent.report_twice()
        first.report_twice()
    assert len(urgent.report_twice().granted) == 2
    assert len(first.report_twice().granted) == 1
    assert [(each.run, each.priority, each.boards) for each in registry.view(0.0).runs] == [
        ("urgent", 3, 2),
        ("one", 0, 1),
    ]


def test_a_run_has_no_more_boards_than_its_limit() -> None:
    registry = farm(offer("a", "n300:0", "n300:1", "n300:2"))
    few, rest = Run(registry, "few", max_boards=1), Run(registry, "rest", started=1.0)
    assert len(few.report_twice().granted) == 1
    assert len(rest.report_twice().granted) == 2
    registry.ended("rest", 1.0)
    assert len(few.report_twice(1.0).granted) == 1
    [view] = registry.view(1.0).runs
    assert (view.max_boards, view.boards, view.waits_for) == (1, 1, 0)


def test_a_run_without_a_board_is_shown_to_wait() -> None:
    registry = farm(offer("a", "n300:0"))
    Run(registry, "one").report_twice()
    Run(registry, "two", started=1.0).report_twice(1.0)
    assert [(each.run, each.waits) for each in registry.view(5.0).runs] == [("one", None), ("two", 4.0)]


def test_a_silent_run_loses_its_boards() -> None:
    registry = farm(offer("a", "n300:0"))
    Run(registry, "dead").report_twice(0.0)
    late = Run(registry, "late", started=1.0)
    assert late.report_twice(RUN_SILENCE_SECONDS + 1).granted == {"a:mock:n300:0"}


def test_the_boards_of_a_host_that_joins_late_are_offered() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    run.report_twice()
    registry.nodes(["node-a", "node-b"])
    registry.join(offer("b", "p150:0"), 1.0)
    assert "b:mock:p150:0" in run.report_twice(1.0).granted


def test_the_boards_of_a_drained_host_are_withdrawn() -> None:
    registry = farm(offer("a", "n300:0"), offer("b", "n300:0"))
    run = Run(registry, "r")
    run.report_twice()
    assert registry.drain("b", "b is drained") == 1
    assert run.report_twice().withdrawn == {"b:mock:n300:0": "b is drained"}
    run.report_twice()
    assert registry.in_use("b") == 0
    assert states(registry)["b:mock:n300:0"] == "leaving"
    registry.leave("b")
    assert list(states(registry)) == ["a:mock:n300:0"]


def test_the_boards_of_a_lost_host_are_withdrawn() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    run.report_twice()
    registry.nodes([])
    assert run.report_twice().withdrawn == {"a:mock:n300:0": "its host is lost"}
    assert states(registry) == {"a:mock:n300:0": "lost"}


def test_a_host_that_joins_again_starts_anew() -> None:
    registry = farm(offer("a", "n300:0", "n300:1"))
    run = Run(registry, "r")
    run.report_twice()
    status = BoardStatus(BoardState.BUSY, faults=FAULTS_BEFORE_HOLD - 1, trouble="no answer")
    registry.exchange(replace(run.report, boards={"a:mock:n300:0": status}), 1.0)
    # its old node still seems alive, and it has one board less
    registry.nodes(["node-a", "another node"])
    again = replace(offer("a", "n300:0", node="another node"), home="folder")
    with pytest.raises(FarmError, match="choose another name"):
        registry.join(again, 2.0)
    registry.nodes(["another node"])
    registry.join(again, 2.0)
    view = registry.view(2.0)
    assert [(each.id, each.faults, each.why) for each in view.boards] == [("a:mock:n300:0", 0, "")]

    answer = run.report_twice(3.0)
    assert answer.granted == frozenset()
    assert answer.withdrawn == {
        "a:mock:n300:0": "its host joined the farm again",
        "a:mock:n300:1": "its host offers it no more",
    }
    assert run.report_twice(4.0).granted == {"a:mock:n300:0"}

    registry.nodes(["another node", "a third node"])
    registry.join(replace(again, node="a third node"), 5.0)  # at once: its folder says that it is the same host
    assert set(run.report_twice(6.0).withdrawn) == {"a:mock:n300:0"}
    assert run.report_twice(7.0).granted == {"a:mock:n300:0"}


def test_a_lost_host_is_no_fault_of_its_boards() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    for minute in range(2 * FAULTS_BEFORE_HOLD):
        run.report_twice(60.0 * minute)
        lost = BoardStatus(BoardState.LOST, message="no answer", trouble="no answer")
        registry.nodes([])
        registry.exchange(replace(run.report, boards={"a:mock:n300:0": lost}), 60.0 * minute + 1)
        run.report_twice(60.0 * minute + 2)
        registry.nodes(["node-a"])
    assert run.report_twice(1000.0).granted == {"a:mock:n300:0"}
    assert registry.holds == {}


def test_a_held_board_waits_for_its_release() -> None:
    registry = farm(offer("a", "n300:0"))
    registry.hold("a:mock:n300:0", "odd", "ann@lab", 0.0)
    run = Run(registry, "r")
    assert run.report_twice().offered == ()
    assert registry.view(0.0).totals["mock:n300"].held == 1
    registry.release("a:mock:n300:0", 1.0)
    assert run.report_twice().granted == {"a:mock:n300:0"}
    with pytest.raises(FarmError, match="is not held"):
        registry.release("a:mock:n300:0", 1.0)


def test_a_board_with_faults_is_held_and_the_hold_outlives_the_registry() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    run.report_twice()
    for faults in range(1, FAULTS_BEFORE_HOLD + 1):
        status = BoardStatus(BoardState.BUSY, faults=faults, trouble="no answer")
        run.report = replace(run.report, boards={"a:mock:n300:0": status})
        run.report_twice()
    assert states(registry) == {"a:mock:n300:0": "held"}
    again = Registry(registry.holds)
    again.nodes(["node-a"])
    again.join(offer("a", "n300:0"), 5.0)
    assert states(again) == {"a:mock:n300:0": "held"}
    [view] = again.view(5.0).boards
    assert "3 faults in a row: no answer" in view.why


def test_a_passed_check_is_remembered() -> None:
    registry = farm(offer("a", "n300:0"))
    registry.checked("a:mock:n300:0", passed=True, message="", now=7.0)
    [view] = registry.view(9.0).boards
    assert (view.canary, view.faults, view.state) == (7.0, 0, BoardState.HEALTHY)


def test_names_are_unique() -> None:
    registry = farm(offer("a", "n300:0"))
    with pytest.raises(FarmError, match="choose another name with --name"):
        registry.join(offer("a", "n300:0", node="another"), 1.0)
    registry.nodes(["another"])
    registry.join(offer("a", "n300:0", node="another"), 1.0)  # the first is gone: it came back
    assert states(registry) == {"a:mock:n300:0": "unverified"}


def test_an_unknown_board_or_host_is_an_error() -> None:
    with pytest.raises(FarmError, match="no board 'x'"):
        farm().hold("x", "", "", 0.0)
    with pytest.raises(FarmError, match="no host 'x'"):
        farm().drain("x", "")


def test_verdicts_are_counted_once() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    for n in (3, 5, 5):
        run.report = replace(run.report, verdicts={"validated": n})
        run.report_twice()
    assert registry.verdicts == {"validated": 5}


def shared_farm() -> Registry:
    """A farm with a host that offers a box and its cards."""
    boards = [*select_boards("fake:t3000"), *select_boards("fake:t3000/n300")]
    named = tuple(replace(each, id=f"a:{each.id}", host="a") for each in boards)
    return farm(HostOffer("a", "node-a", "10.0.0.1", named))


class PartRun(Run):
    """A run that wants boards of one kind."""

    def __init__(self, registry: Registry, name: str, kind: str, **options: int) -> None:
        super().__init__(registry, name, **options)
        self.kind = kind

    def report_twice(self, now: float = 0.0) -> RegistryAnswer:
        for _ in range(3):
            self.answer = self.registry.exchange(self.report, now)
            names = frozenset(each.id for each in self.answer.offered if each.kind.name == self.kind)
            gone = self.answer.withdrawn.keys()
            self.report = replace(
                self.report,
                offered=(self.report.offered | {each.id for each in self.answer.offered}) - gone,
                requested=(self.report.requested | names) - gone,
            )
            if gone:
                break
        return self.answer


def test_a_box_and_its_parts_are_never_leased_at_once() -> None:
    registry = shared_farm()
    cards, whole = PartRun(registry, "cards", "n300"), PartRun(registry, "whole", "t3000", started=1)
    assert len(cards.report_twice().granted) == 4
    assert whole.report_twice().granted == frozenset()
    view = {each.id: each for each in registry.view(0.0).boards}
    assert (view["a:fake:t3000:0"].run, view["a:fake:t3000:0"].chips_run) == (None, "cards")
    assert view["a:fake:t3000/n300:0"].box == "t3000"
    assert (registry.view(0.0).totals["fake:t3000"].free, registry.view(0.0).totals["fake:t3000"].busy) == (0, 1)
    registry.ended("cards", 1.0)
    assert whole.report_twice(1.0).granted == {"a:fake:t3000:0"}
    late = PartRun(registry, "late", "n300", started=2)
    assert late.report_twice(1.0).granted == frozenset()


def test_a_run_that_waited_for_a_box_gets_all_of_its_parts() -> None:
    registry = shared_farm()
    cards, whole = PartRun(registry, "cards", "n300"), PartRun(registry, "whole", "t3000", started=1)
    cards.report_twice(0.0)
    whole.report_twice(0.0)
    for now in range(0, int(PATIENCE_SECONDS), 10):
        assert len(cards.report_twice(float(now)).granted) == 4
        assert not whole.report_twice(float(now)).granted
    late = PATIENCE_SECONDS + 1
    whole.report_twice(late)
    assert len(cards.report_twice(late).withdrawn) == 4
    assert "which uses its chips as another board" in next(iter(cards.answer.withdrawn.values()))
    cards.report_twice(late)
    assert not cards.answer.granted, "they are kept for the run that waits"
    assert whole.report_twice(late).granted == {"a:fake:t3000:0"}


def test_an_urgent_run_gets_a_box_whose_parts_others_have() -> None:
    registry = shared_farm()
    cards = PartRun(registry, "cards", "n300")
    cards.report_twice()
    urgent = PartRun(registry, "urgent", "t3000", priority=3)
    urgent.report_twice()
    assert len(cards.report_twice().withdrawn) == 4
    cards.report_twice()
    assert urgent.report_twice().granted == {"a:fake:t3000:0"}


def test_a_held_part_keeps_its_box_from_runs() -> None:
    registry = shared_farm()
    registry.hold("a:fake:t3000/n300:2", "broken", "ann@lab", 0.0)
    view = {each.id: each for each in registry.view(0.0).boards}
    assert view["a:fake:t3000:0"].state is BoardState.HELD
    assert view["a:fake:t3000:0"].why == "held by ann@lab, with chips of this board: broken"
    assert view["a:fake:t3000/n300:1"].state is not BoardState.HELD
    run = Run(registry, "r")
    assert run.report_twice().granted == {f"a:fake:t3000/n300:{number}" for number in (0, 1, 3)}


def test_a_registry_that_replaces_another_leases_no_chip_twice() -> None:
    registry = shared_farm()
    cards, whole = PartRun(registry, "cards", "n300"), PartRun(registry, "whole", "t3000", started=1)
    cards.report_twice()
    using = replace(cards.report, using=cards.report.requested)
    registry = shared_farm()
    registry.exchange(using, 0.0)
    whole.registry = registry
    whole.report = replace(whole.report, requested=frozenset({"a:fake:t3000:0"}), using=frozenset({"a:fake:t3000:0"}))
    assert "was given to run cards" in registry.exchange(whole.report, 0.0).withdrawn["a:fake:t3000:0"]
