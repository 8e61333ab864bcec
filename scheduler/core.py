"""The scheduler: what to do about everything that can happen, and nothing else."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from itertools import count

from scheduler.batching import Batching
from scheduler.boards import Batch, BoardRecord, BoardState, FaultBudget
from scheduler.costs import SetupCosts
from scheduler.errors import InvalidTransition
from scheduler.events import (
    AttemptEnded,
    BatchEnded,
    BoardAdded,
    BoardHeld,
    BoardLeaving,
    BoardLost,
    BoardReady,
    Event,
    Planned,
    Stopped,
)
from scheduler.instructions import Assign, AttemptLost, Conclude, Instruction, Recall, Release, Restart, Retire
from scheduler.invariants import check
from scheduler.placing import SameSetup, choose_key, never_same
from scheduler.pool import TAIL_SHARE, Pool
from scheduler.retry import RetriesByCount
from scheduler.work import AttemptResult, PastAttempt, Resolution, Work

SURPRISE = 2.0
"""A guessed work that takes so many times what was expected makes boards look again that had nothing worth doing."""


class Scheduler:
    """Gives work to boards and decides what every attempt means. Pure: it only answers events with instructions.

    It holds what is not concluded, no more: a work is forgotten once it is.

    Attributes:
        boards: every board ever added, by id.
        works: every work not concluded, by id.
        tries: attempts of works that were tried and not concluded.
        batches: batches that boards hold, by number.
        pool: works that wait.
        stopped: whether work is still to be started.
        counts: works planned, works concluded, events ignored since they came late or twice.
    """

    def __init__(
        self,
        fits: Callable[[Hashable, Hashable], bool],
        *,
        batching: Batching | None = None,
        retries: RetriesByCount | None = None,
        budget: FaultBudget | None = None,
        setups: SetupCosts | None = None,
        same: SameSetup = never_same,
        validate: bool = False,
    ) -> None:
        """Starts with no boards and no work.

        Args:
            fits: whether a board of this kind can be set up for this key; asked once per pair.
            batching: how large batches are.
            retries: how often a work is tried.
            budget: what a board may get wrong.
            setups: what boards spend beside the works.
            same: whether going from one key to another costs a board of this kind nothing.
            validate: check all invariants after every event: slow, for tests.
        """
        self.batching = batching or Batching()
        self.retries = retries or RetriesByCount()
        self.budget = budget or FaultBudget()
        self.setups = setups or SetupCosts()
        self.boards: dict[str, BoardRecord] = {}
        self.works: dict[str, Work] = {}
        self.tries: dict[str, tuple[PastAttempt, ...]] = {}
        self.batches: dict[int, Batch] = {}
        self.pool = Pool()
        self.stopped = False
        self.counts: Counter[str] = Counter()
        self._fits = fits
        self._same = same
        self._known_fits: dict[tuple[Hashable, Hashable], bool] = {}
        self._kinds: Counter[Hashable] = Counter()  # boards not retired, by kind
        self._refusing: Counter[Hashable] = Counter()  # of these, how many a key is kept from
        self._hungry: dict[str, None] = {}  # ready boards that may get another batch, longest waiting first
        self._starved: dict[str, None] = {}  # ready boards for which there was none
        self._numbers = count(1)
        self._out: list[Instruction] = []
        self._story: deque[tuple[float, object, tuple[Instruction, ...]]] = deque(maxlen=50)
        self._validate = validate

    @property
    def done(self) -> bool:
        """Every work planned so far is concluded."""
        return not self.works

    @property
    def story(self) -> tuple[tuple[float, object, tuple[Instruction, ...]], ...]:
        """The last events, oldest first: when, what, and the instructions it led to."""
        return tuple(self._story)

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Takes an event in.

        Args:
            event: what happened.
            now: when, in seconds of any clock; only the story tells it.

        Returns:
            What to do, in order.

        Raises:
            InvalidTransition: it can't have happened: whoever tells the events has a bug.
        """
        self._out = []
        match event:
            case AttemptEnded():
                self._attempt_ended(event)
            case BatchEnded():
                self._batch_ended(event.batch)
            case Planned():
                self._planned(event.works)
            case BoardAdded():
                self._board_added(event)
            case BoardReady():
                self._board_ready(event.board)
            case BoardLost():
                self._board_lost(event.board)
            case BoardHeld():
                self._board_held(event.board)
            case BoardLeaving():
                self._board_leaving(event.board)
            case Stopped():
                self._stop()
        self._feed()
        # a plan may hold a million works: the story only counts them
        self._story.append(
            (now, f"Planned({len(event.works)} works)" if isinstance(event, Planned) else event, tuple(self._out))
        )
        if self._validate:
            check(self)
        return self._out

    def attempt_number(self, batch: int, work: str) -> int | None:
        """The number of an attempt that an outcome belongs to; None where it comes late or twice and doesn't count."""
        held = self.batches.get(batch)
        return held.open.get(work) if held else None

    def fits(self, kind: Hashable, key: Hashable) -> bool:
        """Whether boards of this kind can be set up for this key."""
        known = self._known_fits.get((kind, key))
        if known is None:
            known = self._known_fits[kind, key] = self._fits(kind, key)
        return known

    def can_take(self, board: BoardRecord, key: Hashable) -> bool:
        """Whether this board may be given work of this key."""
        return board.state.takes_part and key not in board.refused and self.fits(board.kind, key)

    def able(self, key: Hashable) -> int:
        """How many boards may be given work of this key, starting ones included."""
        return sum(n for kind, n in self._kinds.items() if self.fits(kind, key)) - self._refusing[key]

    def switching(self, board: BoardRecord, key: Hashable) -> float:
        """Seconds that it costs this board to go to a key."""
        at = self.pool.key_of(board.id)
        return 0.0 if at is not None and self._same(board.kind, at, key) else self.setups.switch

    def has_room(self, board: BoardRecord) -> bool:
        """Whether a board is to get another batch now."""
        held = board.batches
        if not held or len(held) >= self.batching.depth:
            return not held  # asked after every attempt: mostly the answer is plain
        return self.batching.room(len(held), sum(batch.seconds * batch.pace for batch in held.values()))

    # --- events ---

    def _board_added(self, event: BoardAdded) -> None:
        if event.board in self.boards and self.boards[event.board].state is not BoardState.LEFT:
            raise InvalidTransition(f"board {event.board} was added before", self._story)
        self.boards[event.board] = BoardRecord(event.board, event.kind)
        self._kinds[event.kind] += 1

    def _planned(self, works: Iterable[Work]) -> None:
        keys = set()
        for work in works:
            if work.id in self.works:
                raise InvalidTransition(f"work {work.id} was planned before", self._story)
            self.works[work.id] = work
            self.counts["planned"] += 1
            decided = self._recall_tries(work)
            if decided:
                self._conclude(work.id, *decided)
                continue
            keys.add(work.key)
            self.pool.push(work, self._to_avoid(work.key, work.past) if work.past else None)
        self._wake()
        for key in keys:
            if self.stopped:
                self._conclude_waiting(key, Resolution.STOPPED)
            elif not self.able(key):
                self._conclude_waiting(key, self._why_none(key))

    def _board_ready(self, name: str) -> None:
        board = self._board(name)
        if board.state is BoardState.READY:
            raise InvalidTransition(f"board {name} was ready before", self._story)
        if board.state is BoardState.STARTING:
            board.state = BoardState.READY
            self._hungry[name] = None

    def _board_lost(self, name: str) -> None:
        board = self._board(name)
        if board.state in (BoardState.RETIRED, BoardState.LEFT):
            return
        told = self.stopped
        for batch in list(board.batches):
            held = self.batches[batch]
            if held.open and not told:
                # of a batch that is all done, only its end may not be told yet: the next one runs by then
                told = True
                work, attempt = next(iter(held.open.items()))
                self._close(held, work)
                self._out.append(AttemptLost(work, attempt, name))
                self._ended(held, work, AttemptResult.LOST)
            self._give_back(batch)
        if board.state is BoardState.LEAVING:
            self._left(board)
            return
        self._no_longer_ready(board)
        board.faults += 1
        board.faults_in_a_row += 1
        if self.stopped or board.spent(self.budget):
            self._retire(board)
        else:
            self._out.append(Restart(name))

    def _board_held(self, name: str) -> None:
        board = self._board(name)
        if board.state.takes_part:
            self._retire(board)
        elif board.state is BoardState.LEAVING:
            for batch in list(board.batches):
                self._give_back(batch)
            self._left(board)

    def _board_leaving(self, name: str) -> None:
        board = self._board(name)
        if not board.state.takes_part:
            return
        self._take_no_part(board, BoardState.LEAVING)
        if board.batches:
            self._out.append(Recall(board.id))
        else:
            self._left(board)
        self._fewer_boards(board)

    def _attempt_ended(self, event: AttemptEnded) -> None:
        held = self.batches.get(event.batch)
        if held is None or event.work not in held.open:
            self.counts["ignored"] += 1
            return
        if event.seconds is not None:
            work = self.works[event.work]
            expected = work.cost * self.pool.pace.factor(work.cost_class)
            self.pool.pace.observe(work.cost_class, work.cost, event.seconds)
            held.pace = self.pool.pace.factor(work.cost_class)
            if work.guess and event.seconds > SURPRISE * expected:
                self._wake()  # what waits of its class may now be worth another board
        self._close(held, event.work)
        held.tried = True
        self._ended(held, event.work, event.result)
        board = self.boards[held.board]
        if board.state is BoardState.READY and board.id not in self._starved:
            self._hungry[board.id] = None  # if there is room, which is looked at when it is fed
        if event.result in (AttemptResult.PASSED, AttemptResult.FAILED):
            board.faults_in_a_row = 0
        elif event.result.blames_board and not held.blamed:
            held.blamed = True
            self._blame(board, held.key, refused=event.result is AttemptResult.REFUSED)

    def _batch_ended(self, number: int) -> None:
        held = self.batches.get(number)
        if held is None:
            self.counts["ignored"] += 1
            return
        board = self.boards[held.board]
        if held.open and not held.tried and not self.stopped and board.state is not BoardState.LEAVING:
            # a board that hands batches back untouched must not get them for ever
            work, attempt = next(iter(held.open.items()))
            self._close(held, work)
            self._out.append(AttemptLost(work, attempt, held.board))
            self._ended(held, work, AttemptResult.LOST)
            self._blame(board, held.key, refused=False)
        if number in self.batches:
            self._give_back(number)
        if board.state is BoardState.READY:
            self._hungry[board.id] = None
        elif board.state is BoardState.LEAVING and not board.batches:
            self._left(board)

    def _stop(self) -> None:
        self.stopped = True
        for key in list(self.pool.lanes):
            self._conclude_waiting(key, Resolution.STOPPED)
        self._out += [Recall(board.id) for board in self.boards.values() if board.batches]

    # --- works ---

    def _close(self, held: Batch, work: str) -> None:
        """An attempt of a batch is over, whatever it came to."""
        del held.open[work]
        cost = self.works[work].cost
        held.seconds -= cost
        self.pool.held[held.key] -= cost

    def _ended(self, held: Batch, work: str, ending: AttemptResult) -> None:
        """Decides what becomes of a work after an attempt."""
        if ending is AttemptResult.PASSED and work not in self.tries:
            self._conclude(work, Resolution.ENDED, 1)
            return
        tries = self.tries[work] = (*self.tries.get(work, ()), PastAttempt(held.board, ending))
        decided = self.retries.decide(tries, self.works[work].forgiven)
        if decided:
            self._conclude(work, *decided)
        elif self.stopped:
            self._conclude_untried(work, Resolution.STOPPED)
        else:
            self._wait(work)

    def _recall_tries(self, work: Work) -> tuple[Resolution, int] | None:
        """Takes over the attempts of an earlier driver, which may have died before it drew the conclusion."""
        if not work.past:
            return None
        self.tries[work.id] = work.past
        return self.retries.decide(work.past, work.forgiven) if len(work.past) > work.forgiven else None

    def _wait(self, work: str) -> None:
        """Puts a work among those that wait, for another board than it was last tried on where there is one."""
        planned = self.works[work]
        tries = self.tries.get(work)
        avoid = self._to_avoid(planned.key, tries) if tries else None
        self.pool.push(planned, avoid)
        if not self.able(planned.key):
            self._conclude_waiting(planned.key, self._why_none(planned.key))
        self._wake()

    def _to_avoid(self, key: Hashable, tries: Sequence[PastAttempt]) -> str | None:
        """The board of the last try, if there is another where it wasn't tried."""
        tried = {past.board for past in tries}
        fresh = any(name not in tried and self.can_take(board, key) for name, board in self.boards.items())
        return tries[-1].board if fresh else None

    def _conclude(self, work: str, conclusion: Resolution, attempt: int | None = None) -> None:
        del self.works[work]
        self.tries.pop(work, None)
        self.counts["concluded"] += 1
        self._out.append(Conclude(work, conclusion, attempt))

    def _conclude_waiting(self, key: Hashable, conclusion: Resolution) -> None:
        """Concludes all waiting work of a key; what was tried ends as its attempts say."""
        for work in self.pool.drain(key):
            self._conclude_untried(work.id, conclusion)

    def _conclude_untried(self, work: str, conclusion: Resolution) -> None:
        """Concludes a work that will not be tried (again)."""
        tries = self.tries.get(work)
        self._conclude(work, *((self.retries.give_up(tries) if tries else None) or (conclusion,)))

    def _why_none(self, key: Hashable) -> Resolution:
        """Why no board can take this key any more, or never could."""
        fitting = [board for board in self.boards.values() if self.fits(board.kind, key)]
        if not fitting:
            return Resolution.UNSATISFIABLE
        return Resolution.REFUSED if any(key in board.refused for board in fitting) else Resolution.LOST

    # --- boards ---

    def _board(self, name: str) -> BoardRecord:
        if name not in self.boards:
            raise InvalidTransition(f"no board {name} was added", self._story)
        return self.boards[name]

    def _blame(self, board: BoardRecord, key: Hashable, *, refused: bool) -> None:
        """Counts a fault against a board, and draws the line when it is one too many."""
        if not board.state.takes_part:
            return
        if refused:
            board.refusals[key] += 1
            if board.refusals[key] >= self.budget.refusals and key not in board.refused:
                board.refused.add(key)
                self._refusing[key] += 1
                if self.pool.key_of(board.id) == key:
                    self.pool.leave(board.id)  # nobody is to count on it there
                self._fewer_boards(board)
            return
        board.faults += 1
        board.faults_in_a_row += 1
        if board.spent(self.budget):
            self._retire(board)

    def _retire(self, board: BoardRecord) -> None:
        self._take_no_part(board, BoardState.RETIRED)
        for batch in list(board.batches):
            self._give_back(batch)
        self._out.append(Retire(board.id))
        self._fewer_boards(board)

    def _left(self, board: BoardRecord) -> None:
        board.state = BoardState.LEFT
        self._out.append(Release(board.id))

    def _take_no_part(self, board: BoardRecord, state: BoardState) -> None:
        """Counts a board out of those that may be given work."""
        self._no_longer_ready(board)
        board.state = state
        self._kinds[board.kind] -= 1
        for key in board.refused:
            self._refusing[key] -= 1

    def _no_longer_ready(self, board: BoardRecord) -> None:
        board.state = BoardState.STARTING
        self._hungry.pop(board.id, None)
        self._starved.pop(board.id, None)
        self.pool.leave(board.id)
        self._wake()  # who left this board's key to it may have to go there

    def _fewer_boards(self, board: BoardRecord) -> None:
        """A board takes less than before: what waited for it alone may wait for another, or for none."""
        for other in self.boards:
            if other != board.id:
                self.pool.readmit(other)
        for key in list(self.pool.lanes):
            if not self.able(key):
                self._conclude_waiting(key, self._why_none(key))
        self._wake()

    def _give_back(self, number: int) -> None:
        """Ends a batch; what of it was not tried waits again."""
        held = self.batches.pop(number)
        del self.boards[held.board].batches[number]
        self.pool.held[held.key] -= held.seconds
        for work in held.open:
            if self.stopped:
                self._conclude_untried(work, Resolution.STOPPED)
            else:
                self._wait(work)

    # --- handing out ---

    def _wake(self) -> None:
        """Boards for which there was nothing look again."""
        self._hungry |= self._starved
        self._starved.clear()

    def _feed(self) -> None:
        """Gives each ready board batches up to its depth, one each in turn."""
        while self._hungry:
            name = next(iter(self._hungry))
            del self._hungry[name]
            board = self.boards[name]
            if not self.has_room(board):
                continue
            if self._assign(board):
                self._hungry[name] = None
            else:
                self._starved[name] = None

    def _assign(self, board: BoardRecord) -> bool:
        """Gives a board a batch; False where there is none for it."""
        key = choose_key(board.id, self.pool, partial(self.can_take, board), self.able, partial(self.switching, board))
        if key is None:
            return False
        lane = self.pool.lanes[key]
        able = self.able(key)
        waiting = lane.cost  # of guesses, a sum over all groups
        seconds, most = self.batching.limits(waiting, lane.size, able)
        tail = TAIL_SHARE * waiting / max(1, able)
        works = self.pool.take(board.id, key, seconds, most, tail, shared=able > 1)
        number = next(self._numbers)
        opened = {work.id: len(self.tries.get(work.id, ())) + 1 for work in works}
        cost = sum(work.cost for work in works)
        self.pool.held[key] += cost
        pace = self.pool.pace.factor(works[0].cost_class)
        self.batches[number] = board.batches[number] = Batch(board.id, key, opened, cost, pace)
        self._out.append(Assign(board.id, number, key, tuple(opened.items())))
        return True
