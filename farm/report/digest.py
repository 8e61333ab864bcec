"""What a reader wants to know of a run, worked out once for the terminal and for Markdown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from farm.core.errors import ExitCode
from farm.core.verdicts import FAILED, FAULTS, Reason, Verdict
from farm.report.exit import exit_code_of
from farm.report.signature import on_one_line, signature
from farm.report.tally import duration
from farm.report.text import first_line, shortened
from farm.store.records import BoardEventKind
from farm.store.view import BoardEventView, BoardView, RunView, VectorView
from scheduler.board_state import BoardState

NOTEWORTHY = frozenset(
    {BoardState.SUSPECT, BoardState.RESETTING, BoardState.HELD, BoardState.LOST, BoardState.RETIRED},
)
"""States of a board that are reported; the others are ordinary."""
_DRIVEN_BY = ("driver", "firmware")
NO_NUMBERS = (
    "validated means that ttnn's host stack accepted the call on a mock board and its output was described as "
    "expected. No number was computed."
)


@dataclass(frozen=True, slots=True)
class Group:
    """Vectors that ended alike.

    Attributes:
        verdict, reason, signature: what they share.
        said: their message, where all have the same one; else the signature.
        operations: how many of each operation, most first.
        example: one of them.
    """

    verdict: Verdict
    reason: Reason
    signature: str
    said: str
    operations: tuple[tuple[str, int], ...]
    example: VectorView

    @property
    def count(self) -> int:
        """How many vectors."""
        return sum(count for _, count in self.operations)


@dataclass(frozen=True, slots=True)
class Inexact:
    """Configurations of one operation whose trace lost one argument."""

    operation: str
    argument: str
    count: int


@dataclass(frozen=True, slots=True)
class BoardShare:
    """What one board did in a run.

    Attributes:
        board: which.
        attempts: all it made.
        bad: those that ended in a failure or a fault.
        busy: seconds.
        events: what was out of the ordinary, and how often.
    """

    board: BoardView
    attempts: int
    bad: int
    busy: float
    events: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A run in words and groups.

    Attributes:
        headline: one sentence: how it ended.
        setting: one sentence: which run, how long, where.
        identity: `planned 555 = 543 validated + 12 not_run`.
        executed: one sentence on the share of good ones, over executed vectors only.
        code: the exit code.
        counts: verdicts that occurred.
        failures: failures and faults, most first.
        not_run: by reason and message, most first.
        inexact: by operation and lost argument.
        inferred: how many device configs were inferred.
        unlike: one sentence where boards had different versions of what drives them; else empty.
        boards: what each did.
    """

    headline: str
    setting: str
    identity: str
    executed: str
    code: ExitCode
    counts: tuple[tuple[Verdict, int], ...]
    failures: tuple[Group, ...]
    not_run: tuple[Group, ...]
    inexact: tuple[Inexact, ...]
    inferred: int
    unlike: str
    boards: tuple[BoardShare, ...]

    @property
    def validated(self) -> bool:
        """Whether any vector was only validated, so that a reader must be told what that means."""
        return any(verdict is Verdict.VALIDATED for verdict, _ in self.counts)


def digest(view: RunView) -> Digest:
    """Works a run out."""
    found = Counter(vector.verdict for vector in view.vectors)
    counts = tuple((verdict, found[verdict]) for verdict in Verdict if found[verdict])
    lost = Counter((vector.operation, argument) for vector in view.vectors for argument in vector.inexact)
    return Digest(
        headline=_headline(view, found),
        setting=_setting(view),
        identity=identity(view.counts),
        executed=_executed(found),
        code=exit_code_of(view),
        counts=counts,
        failures=_groups(vector for vector in view.vectors if vector.verdict in FAILED | FAULTS),
        not_run=_groups(vector for vector in view.vectors if vector.verdict is Verdict.NOT_RUN),
        inexact=tuple(Inexact(*key, count) for key, count in sorted(lost.items())),
        inferred=sum(vector.device_config_inferred for vector in view.vectors),
        unlike=_unlike(view.run.boards),
        boards=_shares(view),
    )


def identity(counts: dict[str, int]) -> str:
    """`planned 555 = 543 validated + 12 not_run`."""
    parts = [f"{counts[verdict.value]} {verdict.value}" for verdict in Verdict if counts.get(verdict.value)]
    return f"planned {counts['planned']} = {' + '.join(parts) or '0'}"


def _headline(view: RunView, found: Counter[Verdict]) -> str:
    planned = len(view.vectors)
    failed = sum(found[verdict] for verdict in FAILED)
    faults = sum(found[verdict] for verdict in FAULTS)
    good = planned - failed - faults - found[Verdict.NOT_RUN]
    ends = ((good, "ended well"), (failed, "failed"), (faults, "met a fault"), (found[Verdict.NOT_RUN], "did not run"))
    if not planned:
        told = "Nothing was planned."
    elif good < planned:
        parts = _listed([f"{count} {what}" for count, what in ends if count])
        told = f"Of {planned} vector{'s' if planned > 1 else ''} {parts}."
    else:
        verdicts = _listed([verdict.value for verdict in Verdict if found[verdict]])
        told = f"{'The only vector' if planned == 1 else f'All {planned} vectors'} ended well: {verdicts}."
    if view.run.finished is None:
        return f"Not finished (it goes on, or its driver was killed). {told}"
    if view.run.ended is not None and view.run.ended.value != "completed":
        why = f" ({shortened(first_line(view.run.message), 200)})" if view.run.message else ""
        return f"The run {'was stopped' if view.run.ended.value == 'stopped' else 'failed'}{why}. {told}"
    return told


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _setting(view: RunView) -> str:
    run = view.run
    took = f" took {duration((run.finished - run.started).total_seconds())}" if run.finished else ""
    kinds = Counter(f"{board.backend}:{board.kind}" for board in run.boards)
    where = ", ".join(f"{kind}*{count}" if count > 1 else kind for kind, count in sorted(kinds.items()))
    versions = f"farm {run.farm_version}" + (f", ttnn {run.ttnn_version}" if run.ttnn_version else "")
    return f"Run {run.id}{took} on {where or 'no board'} ({versions})."


def _executed(found: Counter[Verdict]) -> str:
    executed = sum(count for verdict, count in found.items() if verdict.good or verdict.failed)
    good = sum(count for verdict, count in found.items() if verdict.good)
    if not executed:
        return "None was executed."
    permille = good * 1000 // executed  # rounded down: 100 % must mean all
    return f"Of {executed} executed, {good} good ({permille / 10:.1f} %)."


def _groups(vectors: Iterable[VectorView]) -> tuple[Group, ...]:
    alike: dict[tuple[Verdict, Reason, str], list[VectorView]] = defaultdict(list)
    for vector in vectors:
        alike[vector.verdict, vector.reason, signature(vector.message)].append(vector)
    groups = [
        Group(
            *key,
            said=on_one_line(members[0].message) if len({vector.message for vector in members}) == 1 else key[-1],
            operations=tuple(Counter(vector.operation for vector in members).most_common()),
            example=members[0],
        )
        for key, members in alike.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.count))


def _unlike(boards: Iterable[BoardView]) -> str:
    """Says which boards had which ttnn, driver or firmware, where these differ: verdicts may, too, then."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for board in boards:
        for what, version in (("ttnn", board.ttnn_version), *((name, board.details.get(name)) for name in _DRIVEN_BY)):
            if isinstance(version, str) and version:
                found[what][first_line(version)].append(board.id)
    told = [
        f"{what} {_listed([f'{version} ({_some(having)})' for version, having in sorted(versions.items())])}"
        for what, versions in found.items()
        if len(versions) > 1
    ]
    return f"The boards were not alike: {'; '.join(told)}." if told else ""


def _some(names: list[str], most: int = 3) -> str:
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


def what_happened(event: BoardEventView) -> str:
    """Return what was out of the ordinary with a board, in a word; empty if nothing was."""
    if event.state is not None:
        return event.state.value if event.state in NOTEWORTHY else ""
    return event.message if event.kind is BoardEventKind.KERNELS else str(event.kind.value)


def health(board: BoardView) -> str:
    """Return the last recorded state of a board; empty if none is."""
    states = [event.state.value for event in board.events if event.state is not None]
    return states[-1] if states else ""


def _events(board: BoardView) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(word for event in board.events if (word := what_happened(event))).items())
