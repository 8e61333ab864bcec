"""Random sequences of events: boards come, go and fail; results come late, twice or never. Invariants always hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scheduler import (
    Abandoned,
    Announce,
    Assign,
    AttemptEnded,
    AttemptLost,
    AttemptResult,
    BatchEnded,
    Batching,
    BoardAdded,
    BoardChanged,
    BoardLeaving,
    BoardLost,
    BoardReady,
    BoardState,
    Cause,
    Conclude,
    Event,
    FaultBudget,
    Instruction,
    PastAttempt,
    Planned,
    Release,
    Resolution,
    Restart,
    Retire,
    Scheduler,
    SetupCosts,
    Stopped,
    Task,
    Transition,
)
from scheduler.policies import RetriesByCount

KINDS = ("n150", "n300", "t3000")
FITS = {("n150", "1x1"), ("n300", "1x1"), ("n300", "1x2"), ("t3000", "1x1"), ("t3000", "1x2"), ("t3000", "2x4")}
OUT = (BoardState.HELD, BoardState.RETIRED)
RESULTS = [result for result in AttemptResult if result is not AttemptResult.LOST]


def fits(kind: object, key: object) -> bool:
    return (kind, key) in FITS


def same(kind: object, one: object, other: object) -> bool:
    return kind == "n300" and {one, other} == {"1x1", "1x2"}


def board_held(board: str) -> BoardChanged:
    return BoardChanged(Transition(board, BoardState.SUSPECT, BoardState.HELD, Cause.BUDGET_SPENT))


def new_scheduler(setups: SetupCosts | None = None) -> Scheduler:
    budget = FaultBudget(in_a_row=3, in_all=6, refusals=1)
    return Scheduler(
        fits, batching=Batching(max_tasks=4), budget=budget, setup_costs=setups, same_setup=same, validate=True
    )


class Farm(RuleBasedStateMachine):
    """A farm as the driver sees it, and the checks that hold at any time."""

    setups = SetupCosts()

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = new_scheduler(self.setups)
        self.journal: list[tuple[float, Event, Sequence[Instruction]]] = []
        self.forgiven: dict[str, int] = {}
        self.results: dict[tuple[str, int], AttemptResult] = {}
        self.now = 0.0
        self.planned: set[str] = set()
        self.conclusions: Counter[str] = Counter()
        self.assigned: dict[int, Assign] = {}  # every batch ever
        self.attempts: set[tuple[str, int]] = set()  # that ended, or were missed
        self.reported: list[AttemptEnded] = []
        self.starting: set[str] = set()
        self.ready: set[str] = set()
        self.retired: set[str] = set()
        self.left: set[str] = set()
        self.states: dict[str, BoardState] = {}  # as announced

    @property
    def leaving(self) -> set[str]:
        return {name for name, board in self.scheduler.boards.items() if board.state is BoardState.LEAVING}

    def handle(self, event: Event) -> None:
        """Handle an event, and check the instructions."""
        self.now += 1
        if isinstance(event, AttemptEnded):
            attempt = self.scheduler.attempt_number(event.batch, event.task)
            if attempt is not None:
                assert (event.task, attempt) not in self.attempts, "an attempt ended twice"
                self.attempts.add((event.task, attempt))
                self.results[event.task, attempt] = event.result
        answered = tuple(self.scheduler.handle(event, self.now))
        self.journal.append((self.now, event, answered))
        for instruction in answered:
            if isinstance(instruction, Announce):
                self.check_transition(instruction.transition)
            elif isinstance(instruction, Assign):
                self.check_assignment(instruction)
            elif isinstance(instruction, Conclude):
                self.conclusions[instruction.task] += 1
                self.check_conclusion(instruction)
            elif isinstance(instruction, AttemptLost):
                assert (instruction.task, instruction.attempt) not in self.attempts
                self.attempts.add((instruction.task, instruction.attempt))
                self.results[instruction.task, instruction.attempt] = AttemptResult.LOST
            elif isinstance(instruction, Restart):
                self.ready.discard(instruction.board)
                self.starting.add(instruction.board)
            elif isinstance(instruction, Retire):
                self.ready.discard(instruction.board)
                self.starting.discard(instruction.board)
                self.retired.add(instruction.board)
            elif isinstance(instruction, Release):
                self.left.add(instruction.board)

    def check_transition(self, transition: Transition) -> None:
        """Announced transitions of a board follow each other, except for those of a board that leaves."""
        before = self.states.get(transition.board, BoardState.STARTING)
        assert before in {transition.before, BoardState.LEAVING} or transition.after is BoardState.HELD
        self.states[transition.board] = transition.after

    def check_assignment(self, assign: Assign) -> None:
        assert assign.tasks
        assert assign.board in self.ready, "work for a board that isn't there"
        assert fits(self.scheduler.boards[assign.board].kind, assign.key)
        assert assign.batch not in self.assigned
        for task, attempt in assign.tasks:
            assert task in self.planned
            assert not self.conclusions[task], "concluded work is handed out"
            assert (task, attempt) not in self.attempts, "an attempt number is used twice"
        self.assigned[assign.batch] = assign

    def check_conclusion(self, concluded: Conclude) -> None:
        """An attempt stands for each task that was tried; none is blamed for a board, and none is tried forever."""
        own = {number: result for (task, number), result in self.results.items() if task == concluded.task}
        crashes = sum(result is AttemptResult.CRASHED for result in own.values())
        kills = crashes + sum(result is AttemptResult.KILLED for result in own.values())
        most = RetriesByCount()
        enough = crashes >= most.crashes or kills >= most.kills
        unsure = kills > 0 and not enough and AttemptResult.FAILED not in own.values()
        if concluded.attempt is None:
            assert unsure or not own, "tried, but concluded as if it wasn't"
            return
        stands = own[concluded.attempt]
        assert not unsure or not stands.blames_task, "blamed for a crash that was seen once"
        if concluded.resolution is Resolution.FLAKY:
            assert stands is AttemptResult.PASSED
            assert any(result.failed for result in own.values())
        elif stands is AttemptResult.PASSED:
            assert not any(result.failed for result in own.values())
        fresh = len(own) - self.forgiven.get(concluded.task, 0)
        assert fresh <= most.kills + most.failures + most.faults, "it is tried too often"

    @rule(kind=st.sampled_from(KINDS))
    @precondition(lambda self: len(self.scheduler.boards) < 5)
    def add_board(self, kind: str) -> None:
        board = f"{kind}:{len(self.scheduler.boards)}"
        self.starting.add(board)
        self.handle(BoardAdded(board, kind))

    @rule(
        keys=st.lists(st.sampled_from(["1x1", "1x2", "2x4"]), min_size=1, max_size=12),
        groups=st.integers(1, 3),
        cost=st.sampled_from([0.001, 0.5, 3.0]),
    )
    def plan(self, keys: list[str], groups: int, cost: float) -> None:
        first = len(self.planned)
        tasks = tuple(Task(f"w{first + n}", key, f"op{n % groups}", cost * (n + 1)) for n, key in enumerate(keys))
        self.planned |= {task.id for task in tasks}
        self.handle(Planned(tasks))

    @rule(
        results=st.lists(
            st.sampled_from([result for result in AttemptResult if result is not AttemptResult.PASSED]), max_size=3
        ),
        last=st.sampled_from(list(AttemptResult)),
        forgive=st.booleans(),
        key=st.sampled_from(["1x1", "2x4"]),
    )
    def resume(self, results: list[AttemptResult], last: AttemptResult, forgive: bool, key: str) -> None:
        """A task that an earlier driver tried, and may have resolved; a pass is not tried again."""
        results = [*results, last]
        forgive = forgive and last is not AttemptResult.PASSED
        task = f"w{len(self.planned)}"
        past = tuple(PastAttempt(f"old:{number}", result) for number, result in enumerate(results))
        self.planned.add(task)
        self.forgiven[task] = len(past) if forgive else 0
        for number, result in enumerate(results, start=1):
            self.attempts.add((task, number))
            self.results[task, number] = result
        self.handle(Planned((Task(task, key, past=past, forgiven=self.forgiven[task]),)))

    @rule(data=st.data())
    @precondition(lambda self: self.starting or self.ready)
    def board_is_held(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(self.starting | self.ready)))
        self.handle(board_held(board))

    @rule(data=st.data(), after=st.sampled_from([BoardState.HEALTHY, BoardState.BUSY, BoardState.SUSPECT]))
    @precondition(lambda self: self.ready)
    def board_changes(self, data: st.DataObject, after: BoardState) -> None:
        board = data.draw(st.sampled_from(sorted(self.ready)))
        before = self.scheduler.boards[board].state
        self.handle(BoardChanged(Transition(board, before, after, Cause.CHECK_PASSED)))
        assert self.scheduler.boards[board].state is after

    @rule(data=st.data())
    @precondition(lambda self: self.starting)
    def board_is_ready(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(self.starting)))
        self.starting.remove(board)
        self.ready.add(board)
        self.handle(BoardReady(board))

    @rule(data=st.data())
    @precondition(lambda self: self.starting or self.ready)
    def board_is_lost(self, data: st.DataObject) -> None:
        self.handle(BoardLost(data.draw(st.sampled_from(sorted(self.starting | self.ready)))))

    @rule(data=st.data())
    @precondition(lambda self: self.starting or self.ready)
    def board_is_withdrawn(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(self.starting | self.ready)))
        self.starting.discard(board)
        self.ready.discard(board)
        self.handle(BoardLeaving(board))

    @rule(data=st.data())
    @precondition(lambda self: self.left)
    def board_comes_back(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(self.left)))
        self.left.remove(board)
        self.starting.add(board)
        self.handle(BoardAdded(board, self.scheduler.boards[board].kind))

    @rule(data=st.data())
    @precondition(lambda self: self.leaving)
    def leaving_board_reports_or_dies(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(self.leaving)))
        events: list[Event] = [BoardReady(board), BoardLost(board), BoardLeaving(board), board_held(board)]
        self.handle(data.draw(st.sampled_from(events)))

    @rule(data=st.data())
    @precondition(lambda self: self.retired)
    def retired_board_reports(self, data: st.DataObject) -> None:
        board = data.draw(st.sampled_from(sorted(self.retired)))
        self.handle(BoardReady(board) if data.draw(st.booleans()) else BoardLost(board))

    @rule(data=st.data(), result=st.sampled_from(RESULTS), several=st.integers(1, 4))
    @precondition(lambda self: self.scheduler.batches)
    def attempts_end(self, data: st.DataObject, result: AttemptResult, several: int) -> None:
        batch = data.draw(st.sampled_from(sorted(self.scheduler.batches)))
        for task in list(self.scheduler.batches[batch].open)[:several]:
            event = AttemptEnded(batch, task, result)
            self.reported.append(event)
            self.handle(event)

    @rule(data=st.data(), result=st.sampled_from(RESULTS))
    @precondition(lambda self: self.reported)
    def result_comes_twice(self, data: st.DataObject, result: AttemptResult) -> None:
        event = data.draw(st.sampled_from(self.reported[-20:]))
        assert self.scheduler.attempt_number(event.batch, event.task) is None
        self.handle(AttemptEnded(event.batch, event.task, result))

    @rule(data=st.data(), result=st.sampled_from(RESULTS))
    @precondition(lambda self: self.assigned)
    def result_of_any_batch_ever(self, data: st.DataObject, result: AttemptResult) -> None:
        assign = self.assigned[data.draw(st.sampled_from(sorted(self.assigned)))]
        task, _ = data.draw(st.sampled_from(assign.tasks))
        self.handle(AttemptEnded(assign.batch, task, result))

    @rule(data=st.data())
    @precondition(lambda self: self.assigned)
    def batch_ends(self, data: st.DataObject) -> None:
        self.handle(BatchEnded(data.draw(st.sampled_from(sorted(self.assigned)))))

    @rule(sure=st.integers(0, 9))
    def abandon(self, sure: int) -> None:
        if sure == 0:
            self.handle(Abandoned())
            assert self.scheduler.done
            assert not self.scheduler.batches
            self.starting.clear()
            self.ready.clear()

    @rule(sure=st.integers(0, 4))
    def stop(self, sure: int) -> None:
        if sure == 0:
            self.handle(Stopped())

    @invariant()
    def nothing_is_concluded_twice_or_lost(self) -> None:
        assert max(self.conclusions.values(), default=0) <= 1
        assert set(self.conclusions) | set(self.scheduler.tasks) == self.planned

    def teardown(self) -> None:
        """From any state, boards that work end the run: every planned task has its one resolution."""
        for _ in range(3 * len(self.planned) + 10):
            if self.scheduler.done:
                break
            for board in sorted(self.starting):
                self.starting.remove(board)
                self.ready.add(board)
                self.handle(BoardReady(board))
            for number in sorted(self.scheduler.batches):
                batch = self.scheduler.batches.get(number)
                for task in list(batch.open) if batch else ():
                    self.handle(AttemptEnded(number, task, AttemptResult.PASSED))
                self.handle(BatchEnded(number))
        self.check_determinism()
        assert self.scheduler.done, "work is never resolved"
        assert self.conclusions == Counter(dict.fromkeys(self.planned, 1))
        assert {b.id for b in self.scheduler.boards.values() if b.state in OUT} == self.retired
        for number in sorted(self.scheduler.batches):
            self.handle(BatchEnded(number))
        assert not self.leaving, "a withdrawn board is kept"
        assert {b.id for b in self.scheduler.boards.values() if b.state is BoardState.LEFT} == self.left

    def check_determinism(self) -> None:
        """A new scheduler answers the same events with the same instructions."""
        scheduler = new_scheduler(self.setups)
        for now, event, instructions in self.journal:
            assert tuple(scheduler.handle(event, now)) == instructions


class FarmThatSwitchesSlowly(Farm):
    """Boards may stay idle rather than change their key, but never when no other board does the task."""

    setups = SetupCosts(switch=3.0)


TestStories = Farm.TestCase
TestStories.settings = settings(
    max_examples=250, stateful_step_count=80, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestSlowSwitches = FarmThatSwitchesSlowly.TestCase
TestSlowSwitches.settings = settings(
    max_examples=120, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
