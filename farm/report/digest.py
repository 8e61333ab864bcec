"""The digest of a run: what a reader wants to know first, computed once for every report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from farm.core.errors import ExitCode
from farm.core.merged_vectors import sentence
from farm.core.plain_words import counted
from farm.core.verdicts import Category, Reason, Verdict
from farm.report.exit import exit_code_of
from farm.report.signature import cause, on_one_line
from farm.report.tally import duration
from farm.report.text import first_line, shortened
from farm.report.ttnn_versions import Disagreement, TtnnVerdicts, disagreements, verdicts_by_ttnn
from farm.store.records import BoardEventKind, Ended
from farm.store.view import BoardEventView, BoardView, RunView, VectorView, ttnn_versions
from scheduler.board_state import BoardState

UNUSUAL_STATES = frozenset(
    {BoardState.SUSPECT, BoardState.RESETTING, BoardState.HELD, BoardState.LOST, BoardState.RETIRED},
)
"""States of a board that are reported; the others are ordinary."""
NO_NUMBERS = (
    "validated means that ttnn's host stack accepted the call on a mock board and its output was described as "
    "expected. No number was computed."
)
NO_TTNN = "No ttnn ran: the verdicts are scripted."


@dataclass(frozen=True, slots=True)
class Group:
    """Vectors with the same verdict, reason and cause.

    Attributes:
        verdict, reason: theirs.
        signature: their cause, see `farm.report.signature.cause`.
        message: their message in one line if all have the same; otherwise the signature of failures and faults, and
            the message of the example of vectors that were not run.
        operations: the number of vectors by operation, largest first.
        example: one of them.
    """

    verdict: Verdict
    reason: Reason
    signature: str
    message: str
    operations: tuple[tuple[str, int], ...]
    example: VectorView

    @property
    def count(self) -> int:
        """The number of vectors."""
        return sum(count for _, count in self.operations)


@dataclass(frozen=True, slots=True)
class Inexact:
    """The number of configurations of an operation whose trace lost a certain argument."""

    operation: str
    argument: str
    count: int


@dataclass(frozen=True, slots=True)
class MeasuringNote:
    """The number of vectors with the same problem in their measurements."""

    note: str
    count: int


@dataclass(frozen=True, slots=True)
class BoardShare:
    """One board's part in a run.

    Attributes:
        board: the board.
        attempts: the number of its attempts.
        bad: the number of those that ended in a failure or a fault.
        busy: seconds that its attempts took.
        events: unusual events, and how often each occurred.
    """

    board: BoardView
    attempts: int
    bad: int
    busy: float
    events: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A run in a few sentences and groups.

    Attributes:
        headline: one sentence: how it ended.
        setting: one sentence: the run, how long it took, on which boards.
        identity: `planned 555 = 543 validated + 12 not_run`.
        merged: one sentence: how many vectors were merged into equal ones; empty for none.
        executed: one sentence: the share of good vectors among those executed.
        code: the exit code.
        counts: the verdicts that occurred.
        failures: failures and faults, largest group first.
        not_run: vectors that were not run, largest group first.
        inexact: by operation and lost argument.
        measuring: problems of measurements, those of most vectors first.
        inferred: the number of inferred device configs.
        differences: one sentence if boards had different versions of ttnn, driver or firmware; otherwise empty.
        by_ttnn: the verdicts by version of ttnn; empty if all boards have the same.
        disagreements: vectors that had different verdicts under different versions of ttnn.
        boards: what each board did.
        meaning_of_validated: what validated means in this run; empty if no vector was only validated.
    """

    headline: str
    setting: str
    identity: str
    merged: str
    executed: str
    code: ExitCode
    counts: tuple[tuple[Verdict, int], ...]
    failures: tuple[Group, ...]
    not_run: tuple[Group, ...]
    inexact: tuple[Inexact, ...]
    measuring: tuple[MeasuringNote, ...]
    inferred: int
    differences: str
    by_ttnn: tuple[TtnnVerdicts, ...]
    disagreements: tuple[Disagreement, ...]
    boards: tuple[BoardShare, ...]
    meaning_of_validated: str


def digest_run(view: RunView) -> Digest:
    """Compute the digest of a run."""
    numbers = Counter(vector.verdict for vector in view.vectors)
    counts = tuple((verdict, numbers[verdict]) for verdict in Verdict if numbers[verdict])
    lost = Counter((vector.operation, argument) for vector in view.vectors for argument in vector.inexact)
    return Digest(
        headline=_headline(view, numbers),
        setting=_setting(view),
        identity=identity(view.counts),
        merged=_merged(view),
        executed=_executed(numbers),
        code=exit_code_of(view),
        counts=counts,
        failures=_groups(vector for vector in view.vectors if vector.verdict.failed or vector.verdict.fault),
        not_run=_groups(vector for vector in view.vectors if vector.verdict.category is Category.NOT_RUN),
        inexact=tuple(Inexact(*key, count) for key, count in sorted(lost.items())),
        measuring=_measuring(view),
        inferred=sum(vector.device_config_inferred for vector in view.vectors),
        differences=_differences(view.run.boards),
        by_ttnn=verdicts_by_ttnn(view),
        disagreements=disagreements(view),
        boards=_shares(view),
        meaning_of_validated=meaning_of_validated(view.run.boards) if numbers[Verdict.VALIDATED] else "",
    )


def _measuring(view: RunView) -> tuple[MeasuringNote, ...]:
    if view.run.spec is None or not view.run.spec.measure:
        return ()
    outcomes = (vector.history[-1].outcome(vector.vector_id) for vector in view.vectors if vector.history)
    notes = Counter(first_line(note) for outcome in outcomes for note in outcome.measuring_notes)
    return tuple(MeasuringNote(note, count) for note, count in notes.most_common())


def meaning_of_validated(boards: Iterable[BoardView]) -> str:
    """Return what validated means on these boards: a worker with ttnn records the version that opened its board."""
    return NO_NUMBERS if any(board.ttnn_version is not None for board in boards) else NO_TTNN


def identity(counts: dict[str, int]) -> str:
    """Return `planned 555 = 543 validated + 12 not_run`."""
    parts = [f"{counts[verdict.value]} {verdict.value}" for verdict in Verdict if counts.get(verdict.value)]
    return f"planned {counts['planned']} = {' + '.join(parts) or '0'}"


def count_categories(numbers: Mapping[Verdict, int]) -> dict[Category, int]:
    """Return the number of vectors by category, in the categories' order, zeros included."""
    counts = dict.fromkeys(Category, 0)
    for verdict, number in numbers.items():
        counts[verdict.category] += number
    return counts


def _headline(view: RunView, numbers: Counter[Verdict]) -> str:
    summary = _summary(numbers)
    if view.run.finished is None:
        return f"Not finished: it is still running, or its driver was killed. {summary}"
    cause = shortened(first_line(view.run.message), 200)
    if view.run.ended is None or view.run.ended is Ended.COMPLETED:
        return f"{summary} {cause}." if cause else summary
    if view.run.ended is Ended.STOPPED:
        return f"The run was {cause or 'stopped'}. {summary}"
    return f"The run failed{f' ({cause})' if cause else ''}. {summary}"


def _summary(numbers: Counter[Verdict]) -> str:
    planned = sum(numbers.values())
    counts = count_categories(numbers)
    if not planned:
        return "Nothing was planned."
    if counts[Category.GOOD] < planned:
        (category, first), *rest = ((category, count) for category, count in counts.items() if count)
        subject = "The only vector" if planned == 1 else f"{first} of {planned} vectors"
        others = f"; {_enumeration([f'{count} {category.phrase}' for category, count in rest])}" if rest else ""
        return f"{subject} {category.phrase}{others}."
    verdicts = _enumeration([verdict.value for verdict in Verdict if numbers[verdict]])
    return f"{'The only vector' if planned == 1 else f'All {planned} vectors'} ended well: {verdicts}."


def _enumeration(parts: list[str]) -> str:
    """Return `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _setting(view: RunView) -> str:
    run = view.run
    took = ""
    if run.finished:
        seconds = (run.finished - run.started).total_seconds() - run.recorded.paused_seconds
        took = f" took {duration(seconds)}" + (", in parts," if run.recorded.paused_seconds else "")
    kinds = Counter(f"{board.backend}:{board.kind}" for board in run.boards)
    where = ", ".join(f"{kind}*{count}" if count > 1 else kind for kind, count in sorted(kinds.items()))
    versions = f"farm {run.farm_version}" + (f", ttnn {run.ttnn_version}" if run.ttnn_version else "")
    return f"Run {run.id}{took} on {where or 'no board'} ({versions})."


def _merged(view: RunView) -> str:
    text = sentence(view.run.recorded.merged_vectors)
    return f"{text}." if text else ""


def _executed(numbers: Counter[Verdict]) -> str:
    executed = sum(count for verdict, count in numbers.items() if verdict.executed)
    good = count_categories(numbers)[Category.GOOD]
    if not executed:
        return "No vector was executed."
    permille = good * 1000 // executed  # rounded down: 100 % must mean all of them
    verb = "is" if good == 1 else "are"
    return f"{good} of {counted(executed, 'executed vector')} {verb} good ({permille / 10:.1f} %)."


def _groups(vectors: Iterable[VectorView]) -> tuple[Group, ...]:
    members_by_key: dict[tuple[Verdict, Reason, str], list[VectorView]] = defaultdict(list)
    for vector in vectors:
        members_by_key[vector.verdict, vector.reason, cause(vector.reason, vector.message)].append(vector)
    groups = [
        Group(
            *key,
            message=_message(members, key[-1]),
            operations=tuple(Counter(vector.operation for vector in members).most_common()),
            example=members[0],
        )
        for key, members in members_by_key.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.count))


def _message(members: Sequence[VectorView], masked: str) -> str:
    """Return the message that stands for a group; `masked` is the group's signature."""
    message = on_one_line(members[0].message)
    if len({vector.message for vector in members}) == 1:
        return message
    return f"for example: {message}" if members[0].verdict.category is Category.NOT_RUN else masked


def _differences(boards: Iterable[BoardView]) -> str:
    """Name the boards by their versions of ttnn, driver or firmware if these differ: verdicts may differ, too."""
    boards_by_version: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for board in boards:
        versions = [("ttnn", version) for version in ttnn_versions([board])]
        versions += [("driver", board.driver or ""), ("firmware", board.firmware or "")]
        for component, version in versions:
            if version:
                boards_by_version[component][first_line(version)].append(board.id)
    parts = [
        f"{component} {_enumeration([f'{version} ({_first(names)})' for version, names in sorted(boards_of.items())])}"
        for component, boards_of in boards_by_version.items()
        if len(boards_of) > 1
    ]
    return f"The boards differ: {'; '.join(parts)}." if parts else ""


def _first(names: list[str], most: int = 3) -> str:
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"


def _shares(view: RunView) -> tuple[BoardShare, ...]:
    attempts: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    busy: dict[str, float] = defaultdict(float)
    for vector in view.vectors:
        for attempt in vector.history:
            attempts[attempt.board] += 1
            bad[attempt.board] += attempt.verdict.failed or attempt.verdict.fault
            busy[attempt.board] += attempt.seconds
    return tuple(
        BoardShare(board, attempts[board.id], bad[board.id], busy[board.id], _events(board))
        for board in view.run.boards
    )


def unusual_event(event: BoardEventView) -> str:
    """Return an unusual event of a board as a word or two; empty for a usual one."""
    if event.state is not None:
        return event.state.value if event.state in UNUSUAL_STATES else ""
    return event.message if event.kind is BoardEventKind.KERNELS else str(event.kind.value)


def last_state(board: BoardView) -> str:
    """Return the last recorded state of a board; empty if none is."""
    states = [event.state.value for event in board.events if event.state is not None]
    return states[-1] if states else ""


def _events(board: BoardView) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(word for event in board.events if (word := unusual_event(event))).items())
