"""Random events of a farm: hosts come, go and return, runs take boards and give them back, registries die.

The registry's process is real, without Ray; runs behave as a `FarmFleet` does.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from farm.board.kinds import KINDS
from farm.cluster.registry.records import HostOffer, RegistryAnswer, RunReport
from farm.cluster.registry.registry import RUN_SILENCE_SECONDS
from farm.cluster.registry.service import TICK_SECONDS
from farm.core.board import Board
from farm.core.errors import FarmError
from farm.core.progress import BoardStatus
from scheduler import BoardState
from tests.farm.cluster.registry.test_service import Head

HOSTS = ("a", "b", "c")
RUNS = ("one", "two")
BOARDS = {
    host: tuple(Board(f"{host}:mock:n300:{number}", "mock", KINDS["n300"], host=host) for number in range(2))
    for host in HOSTS
}
ALL = [board.id for boards in BOARDS.values() for board in boards]
TORN = (b"", b"{", b"\xff\x00", b"[]", b'{"a:mock:n300:0": {"why": 3}}')


@dataclass
class Run:
    """A run as its driver knows it.

    Attributes:
        name: its id.
        max_boards: how many boards it may have.
        requested: boards that it has or waits for.
        offered: boards that it need not be offered.
        granted: boards that the last answer granted it.
        leaving: boards that it gives up when their vector ends.
        active: boards on which it has an actor.
        forfeited: of those, the ones that it had when it had been silent for too long: another run may have them.
        faults: of its boards.
        reported_at: when it last reported.
    """

    name: str
    max_boards: int | None
    requested: set[str] = field(default_factory=set)
    offered: set[str] = field(default_factory=set)
    granted: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    active: set[str] = field(default_factory=set)
    forfeited: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    reported_at: float = 0.0

    def report(self) -> RunReport:
        """Its next report."""
        return RunReport(
            *(self.name, "ann@lab", "farm sweep", 0.0),
            max_boards=self.max_boards,
            requested=frozenset(self.requested),
            using=frozenset(self.requested & (self.granted | self.active)),
            offered=frozenset(self.offered),
            boards={
                board: BoardStatus(BoardState.HEALTHY, faults=self.faults[board], trouble="hung")
                for board in self.requested
            },
        )

    def apply(self, answer: RegistryAnswer) -> None:
        """Take an answer."""
        for board in answer.offered:
            self.offered.add(board.id)
            self.requested.add(board.id)
        self.leaving |= answer.withdrawn.keys() & self.requested
        self.active |= (answer.granted & self.requested) - self.granted - self.leaving
        self.granted = set(answer.granted)

    def drop(self, board: str) -> None:
        """Give a board up."""
        for boards in (self.requested, self.leaving, self.active, self.offered, self.forfeited):
            boards.discard(board)


class Farm(RuleBasedStateMachine):
    """A farm's registry, hosts and runs, and what holds at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="farm-registry-test-"))
        self.head = Head(self.folder)
        self.head.nodes = []
        self.registry = self.head.registry()
        self.nodes: dict[str, str] = {}  # of the hosts that live
        self.draining: set[str] = set()
        self.runs: dict[str, Run] = {}
        self.reasons: set[str] = set()  # boards that something may have been held for
        self.count = 0

    def teardown(self) -> None:
        """Once all is well, a run gets every board of the hosts that live."""
        try:
            self._all_is_well()
        finally:
            shutil.rmtree(self.folder)

    def _all_is_well(self) -> None:
        self.cluster_answers()
        for name in list(self.runs):
            self.end_run(name, told=False)
        self._pass(2 * RUN_SILENCE_SECONDS)
        for board in self.registry.view().boards:
            if board.state is BoardState.HELD:
                self.registry.release(board.id, "ann@lab")
        last = Run("last", None)
        for _ in range(2):
            last.apply(self.registry.exchange(last.report()))
        assert last.active == {board for board in ALL if board[0] in self.nodes.keys() - self.draining}

    def _pass(self, seconds: float) -> None:
        self.head.now += seconds
        self.head.unix += seconds

    # --- hosts ---

    @initialize()
    def begin(self) -> None:
        """The farm begins with all hosts but one."""
        for host in HOSTS[1:]:
            self.join(host)

    @rule(host=st.sampled_from(HOSTS))
    def join(self, host: str) -> None:
        """A host joins, or joins again with a new node."""
        if self.head.values.error is not None:
            return  # Ray starts no node then
        self.lose(host)
        self.count += 1
        node = f"{host}{self.count}"
        self._set_node(host, node)
        self.registry.join(HostOffer(host, node, "10.0.0.1", BOARDS[host], home=host))
        self.draining.discard(host)

    @rule(host=st.sampled_from(HOSTS))
    def lose(self, host: str) -> None:
        """A host is lost, and with it the actors on its boards."""
        self._set_node(host, None)
        for run in self.runs.values():
            run.active = {board for board in run.active if board[0] != host}

    @rule(host=st.sampled_from(HOSTS), is_drained=st.booleans())
    def leave(self, host: str, *, is_drained: bool) -> None:
        """A host leaves, or is drained first."""
        if host in self.nodes and self.head.values.error is None:
            if is_drained:
                self.registry.drain(host, "to be moved")
                self.draining.add(host)
            else:
                self.registry.leave(host)
                self.lose(host)

    def _set_node(self, host: str, node: str | None) -> None:
        self.nodes.pop(host, None)
        if node is not None:
            self.nodes[host] = node
        if self.head.values.error is None:
            self.head.nodes = list(self.nodes.values())
            self.head.now += 2 * TICK_SECONDS  # the registry asks again

    # --- runs ---

    @rule(name=st.sampled_from(RUNS), max_boards=st.none() | st.integers(1, 3))
    def start_run(self, name: str, max_boards: int | None) -> None:
        """A run begins."""
        if name not in self.runs:
            self.count += 1
            self.runs[name] = Run(f"{name}-{self.count}", max_boards)
            for _ in range(2):  # it is offered boards, and granted them
                self.exchange(name, is_lost=False)

    @rule(name=st.sampled_from(RUNS), is_lost=st.booleans())
    def exchange(self, name: str, *, is_lost: bool) -> None:
        """A run reports; its answer may get lost."""
        if run := self.runs.get(name):
            try:
                answer = self.registry.exchange(run.report())
            except FarmError:
                assert self.head.values.error is not None, "only a registry that starts may have no answer"
                return
            if not _is_heard(self, run):
                run.forfeited = set(run.active)
            run.reported_at = self.head.now
            if not is_lost:
                run.apply(answer)

    @rule(seconds=st.floats(0.1, 4.0))
    def report_all(self, seconds: float) -> None:
        """All runs report, some time later."""
        self._pass(seconds)
        for name in self.runs:
            self.exchange(name, is_lost=False)

    @rule(seconds=st.floats(0.1, 30.0))
    def be_silent(self, seconds: float) -> None:
        """No run reports for some time; what was lost comes through late."""
        self._pass(seconds)

    @rule(name=st.sampled_from(RUNS))
    def end_vectors(self, name: str) -> None:
        """The vectors on the boards that a run must give up end."""
        if run := self.runs.get(name):
            for board in list(run.leaving):
                run.drop(board)

    @rule(name=st.sampled_from(RUNS), board=st.sampled_from(ALL))
    def restart_actor(self, name: str, board: str) -> None:
        """A run starts the actor of a board again that it was granted."""
        run = self.runs.get(name)
        if (
            run
            and board in (run.granted & run.requested) - run.leaving
            and board[0] in self.nodes
            and _is_heard(self, run)
        ):
            run.active.add(board)

    @rule(name=st.sampled_from(RUNS), board=st.sampled_from(ALL))
    def fault(self, name: str, board: str) -> None:
        """A board of a run is at fault."""
        run = self.runs.get(name)
        if run and board in run.active:
            run.faults[board] += 1
            self.reasons.add(board)

    @rule(name=st.sampled_from(RUNS), told=st.booleans())
    def end_run(self, name: str, *, told: bool) -> None:
        """A run ends, or its driver is killed."""
        run = self.runs.pop(name, None)
        if run and told and self.head.values.error is None:
            self.registry.ended(run.name)

    # --- people, and what goes wrong ---

    @rule(board=st.sampled_from(ALL))
    def hold(self, board: str) -> None:
        """A person holds a board."""
        with contextlib.suppress(FarmError):  # its host never joined, or left
            self.registry.hold(board, "loud", "ann@lab")
            self.reasons.add(board)

    @rule(board=st.sampled_from(ALL))
    def release(self, board: str) -> None:
        """A person releases a board."""
        with contextlib.suppress(FarmError):  # it isn't held
            self.registry.release(board, "ann@lab")

    @rule(torn=st.none() | st.sampled_from(TORN))
    def restart_registry(self, torn: bytes | None) -> None:
        """The registry dies, its file may be torn, and another one starts."""
        if torn is not None and self.head.holds.parent.is_dir():
            self.head.holds.write_bytes(torn)
            self.reasons.add(ALL[0])
        self.registry = self.head.registry()

    @rule()
    def cluster_is_away(self) -> None:
        """The cluster doesn't answer the registry."""
        self.head.values.error = ConnectionError("away")
        self.head.nodes = ConnectionError("away")

    @rule()
    def cluster_answers(self) -> None:
        """The cluster answers again, and the registry publishes."""
        self.head.values.error = None
        self.head.nodes = list(self.nodes.values())
        self.head.now += 2 * TICK_SECONDS
        self.registry.publish()

    @rule(name=st.sampled_from(RUNS), boards=st.sampled_from([3, None, frozenset({3})]))
    def malformed_report(self, name: str, boards: object) -> None:
        """Something reports what is no report."""
        with pytest.raises(FarmError):
            self.registry.exchange(RunReport(name, "x", "x", 0.0, requested=boards))  # type: ignore[arg-type]

    # --- what always holds ---

    @invariant()
    def no_board_has_two_runs(self) -> None:
        """Of the runs that the registry heard of in time, none has a board of another."""
        heard = [run for run in self.runs.values() if _is_heard(self, run)]
        counts = Counter(board for run in heard for board in run.active - run.forfeited)
        assert [board for board, count in counts.items() if count > 1] == []

    @invariant()
    def no_board_is_held_without_a_reason(self) -> None:
        """Every hold has a reason and an author, and comes of a fault, a person or a damaged hold."""
        if self.head.values.error is None:
            held = {board.id: board.why for board in self.registry.view().boards if board.state is BoardState.HELD}
            assert held.keys() <= self.reasons
            assert all(why.startswith("held by ") and ": " in why for why in held.values())


def _is_heard(farm: Farm, run: Run) -> bool:
    """Whether a run has reported in time: the boards of a silent one are given to others."""
    return farm.head.now - run.reported_at <= RUN_SILENCE_SECONDS


TestFarm = Farm.TestCase
TestFarm.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
