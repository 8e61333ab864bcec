"""One story per promise of the registry; no Ray, and time is what the story says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from farm.board.kinds import KINDS
from farm.cluster.registry.records import HostOffer, RegistryAnswer, RunReport
from farm.cluster.registry.registry import FAULTS_BEFORE_HOLD, SILENCE_SECONDS, Registry
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.progress import BoardStatus
from scheduler import BoardState


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
    """A run that takes whatever it is offered, as the driver does."""

    def __init__(
        self, registry: Registry, name: str, started: float = 0.0, *, priority: int = 0, most: int | None = None
    ) -> None:
        self.registry = registry
        self.report = RunReport(name, f"{name}@host", "farm sweep", started, priority, most)
        self.answer = RegistryAnswer()

    def tell(self, now: float = 0.0) -> RegistryAnswer:
        """Tells the registry of itself twice: to be offered boards, and to be given them."""
        for _ in range(2):
            self.answer = self.registry.exchange(self.report, now)
            names = frozenset(each.id for each in self.answer.offered)
            self.report = replace(
                self.report,
                known=(self.report.known | names) - self.answer.withdrawn.keys(),
                wanted=(self.report.wanted | names) - self.answer.withdrawn.keys(),
            )
            if self.answer.withdrawn:
                break
        return self.answer


def states(registry: Registry) -> dict[str, str]:
    return {each.id: each.state.value for each in registry.view(0.0).boards}


def test_a_run_is_given_what_it_is_offered() -> None:
    registry = farm(offer("a", "n300:0", "n300:1"))
    run = Run(registry, "r")
    assert run.tell().granted == {"a:mock:n300:0", "a:mock:n300:1"}
    assert set(states(registry).values()) == {"starting"}
    assert registry.view(0.0).totals["mock:n300"].busy == 2
    registry.ended("r", 1.0)
    assert set(states(registry).values()) == {"unverified"}
    assert registry.view(1.0).totals["mock:n300"].free == 2


def test_a_board_has_one_run_at_a_time() -> None:
    registry = farm(offer("a", "n300:0"))
    first, second = Run(registry, "one"), Run(registry, "two", started=1.0)
    first.tell()
    assert second.tell().granted == frozenset()
    assert second.answer.withdrawn == {}
    registry.ended("one", 1.0)
    assert second.tell().granted == {"a:mock:n300:0"}


def test_a_run_that_has_none_gets_one_of_a_run_that_has_several() -> None:
    registry = farm(offer("a", "n300:0", "n300:1"))
    first, second = Run(registry, "one"), Run(registry, "two", started=1.0)
    first.tell()
    second.tell()
    [(given, why)] = first.tell().withdrawn.items()
    assert why == "it is the turn of run two"
    first.tell()
    assert second.tell().granted == {given}
    assert first.tell().withdrawn == {}, "each has one, and keeps it"


def test_an_urgent_run_gets_all_but_one_of_each_other() -> None:
    registry = farm(offer("a", "n300:0", "n300:1", "n300:2"))
    first, urgent = Run(registry, "one"), Run(registry, "urgent", started=1.0, priority=3)
    first.tell()
    for _ in range(3):
        urgent.tell()
        first.tell()
    assert len(urgent.tell().granted) == 2
    assert len(first.tell().granted) == 1
    assert [(each.run, each.priority, each.boards) for each in registry.view(0.0).runs] == [
        ("urgent", 3, 2),
        ("one", 0, 1),
    ]


def test_a_run_has_no_more_boards_than_its_limit() -> None:
    registry = farm(offer("a", "n300:0", "n300:1", "n300:2"))
    few, rest = Run(registry, "few", most=1), Run(registry, "rest", started=1.0)
    assert len(few.tell().granted) == 1
    assert len(rest.tell().granted) == 2
    registry.ended("rest", 1.0)
    assert len(few.tell(1.0).granted) == 1
    [seen] = registry.view(1.0).runs
    assert (seen.max_boards, seen.boards, seen.waits_for) == (1, 1, 0)


def test_a_run_without_a_board_is_seen_to_wait() -> None:
    registry = farm(offer("a", "n300:0"))
    Run(registry, "one").tell()
    Run(registry, "two", started=1.0).tell(1.0)
    assert [(each.run, each.waits) for each in registry.view(5.0).runs] == [("one", None), ("two", 4.0)]


def test_a_silent_run_loses_its_boards() -> None:
    registry = farm(offer("a", "n300:0"))
    Run(registry, "dead").tell(0.0)
    late = Run(registry, "late", started=1.0)
    assert late.tell(SILENCE_SECONDS + 1).granted == {"a:mock:n300:0"}


def test_a_host_that_joins_late_is_offered() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    run.tell()
    registry.nodes(["node-a", "node-b"])
    registry.join(offer("b", "p150:0"), 1.0)
    assert "b:mock:p150:0" in run.tell(1.0).granted


def test_a_drained_host_is_let_go() -> None:
    registry = farm(offer("a", "n300:0"), offer("b", "n300:0"))
    run = Run(registry, "r")
    run.tell()
    assert registry.drain("b", "b is drained") == 1
    assert run.tell().withdrawn == {"b:mock:n300:0": "b is drained"}
    run.tell()
    assert registry.in_use("b") == 0
    assert states(registry)["b:mock:n300:0"] == "leaving"
    registry.leave("b")
    assert list(states(registry)) == ["a:mock:n300:0"]


def test_a_lost_host_is_told() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    run.tell()
    registry.nodes([])
    assert run.tell().withdrawn == {"a:mock:n300:0": "its host is lost"}
    assert states(registry) == {"a:mock:n300:0": "lost"}


def test_a_held_board_waits_for_its_release() -> None:
    registry = farm(offer("a", "n300:0"))
    registry.hold("a:mock:n300:0", "odd", "ann@lab", 0.0)
    run = Run(registry, "r")
    assert run.tell().offered == ()
    assert registry.view(0.0).totals["mock:n300"].held == 1
    registry.release("a:mock:n300:0", 1.0)
    assert run.tell().granted == {"a:mock:n300:0"}
    with pytest.raises(FarmError, match="is not held"):
        registry.release("a:mock:n300:0", 1.0)


def test_a_board_with_faults_is_held_for_a_person_and_outlives_the_registry() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    run.tell()
    for faults in range(1, FAULTS_BEFORE_HOLD + 1):
        status = BoardStatus(BoardState.BUSY, faults=faults, trouble="no answer")
        run.report = replace(run.report, boards={"a:mock:n300:0": status})
        run.tell()
    assert states(registry) == {"a:mock:n300:0": "held"}
    again = Registry(registry.holds)
    again.nodes(["node-a"])
    again.join(offer("a", "n300:0"), 5.0)
    assert states(again) == {"a:mock:n300:0": "held"}
    [seen] = again.view(5.0).boards
    assert "3 faults in a row: no answer" in seen.why


def test_a_passed_check_is_remembered() -> None:
    registry = farm(offer("a", "n300:0"))
    registry.checked("a:mock:n300:0", passed=True, message="", now=7.0)
    [seen] = registry.view(9.0).boards
    assert (seen.canary, seen.faults, seen.state) == (7.0, 0, BoardState.HEALTHY)


def test_names_are_unique() -> None:
    registry = farm(offer("a", "n300:0"))
    with pytest.raises(FarmError, match="choose another name with --name"):
        registry.join(offer("a", "n300:0", node="another"), 1.0)
    registry.nodes(["another"])
    registry.join(offer("a", "n300:0", node="another"), 1.0)  # the first is gone: it came back
    assert states(registry) == {"a:mock:n300:0": "unverified"}


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(FarmError, match="no board 'x'"):
        farm().hold("x", "", "", 0.0)
    with pytest.raises(FarmError, match="no host 'x'"):
        farm().drain("x", "")


def test_verdicts_are_counted_once() -> None:
    registry = farm(offer("a", "n300:0"))
    run = Run(registry, "r")
    for n in (3, 5, 5):
        run.report = replace(run.report, verdicts={"validated": n})
        run.tell()
    assert registry.verdicts == {"validated": 5}
