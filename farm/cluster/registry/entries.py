"""What the registry keeps of each host, board and run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from farm.cluster.registry.records import HostOffer, RunReport
from farm.core.board import Board
from farm.core.shortfall import Shortfall, held_by, require_releasable

BY_FARM = "farm"
"""The `by` of a hold that no person made."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A board that must not be used.

    Attributes:
        why: the reason, in words.
        by: the person who holds it, as USER@HOST, or `BY_FARM`.
        since: Unix time in seconds.
    """

    why: str
    by: str
    since: float


@dataclass(slots=True)
class HostEntry:
    """A host.

    Attributes:
        offer: what it brought when it joined.
        draining: why its boards take no more vectors; "" while they do.
        released: what a person released boards from, each with its board: it holds the board no more.
    """

    offer: HostOffer
    draining: str = ""
    released: tuple[Shortfall, ...] = ()

    def holding(self, board: str) -> tuple[Shortfall, ...]:
        """What holds a board of its."""
        return held_by(self.offer.shortfalls, board, self.released)

    def hold_of(self, board: str, since: float) -> Hold | None:
        """The hold of a board of its that is not as expected; None for one that is, or was released."""
        holding = self.holding(board)
        return Hold("; ".join(each.why for each in holding), BY_FARM, since) if holding else None

    @classmethod
    def joining(cls, offer: HostOffer, before: HostEntry | None) -> HostEntry:
        """A host that joins; what people released boards from stays so if it joins again and is still so.

        Args:
            offer: what it brings.
            before: what was there under its name.
        """
        lacking = {each.of(name) for each in offer.shortfalls for name in each.boards}
        released = before.released if before and before.offer.is_of_same_host(offer) else ()
        return cls(offer, released=tuple(each for each in released if each in lacking))

    def release(self, board: str) -> bool:
        """Let a board of its be used although it is not as expected; returns whether that held it.

        Raises:
            FarmError: it lacks what nobody can release it from.
        """
        holding = self.holding(board)
        require_releasable(board, holding)
        self.released += holding
        return bool(holding)


@dataclass(slots=True)
class BoardEntry:
    """A board.

    Attributes:
        board: the board.
        since: when its state last changed, in seconds of the registry's clock.
        faults: how often it was at fault since it joined.
        faults_unchecked: how often since its last passed check.
        check_passed: when it last passed a check, in seconds of the registry's clock; None where it never did.
        is_verified: whether no fault, hold or release came since that check.
        trouble: the message of its last fault.
        shares_chips_with: ids of the other boards of its host that have some of its chips.
    """

    board: Board
    since: float
    faults: int = 0
    faults_unchecked: int = 0
    check_passed: float | None = None
    is_verified: bool = False
    trouble: str = ""
    shares_chips_with: tuple[str, ...] = ()


@dataclass(slots=True)
class RunEntry:
    """A run.

    Attributes:
        report: its last report.
        reported_at: when that came, in seconds of the registry's clock.
        arrival: its place in the order of first reports. Runs are driven on hosts whose clocks differ.
        leases: the boards that it has, and since when.
        faults: the faults that it reported, by board.
        waits_since: since when it has had no board, though it requests some; None where it has one or requests none.
        outdated: boards that it requests as they were before their host joined again; it gives them up first.
    """

    report: RunReport
    reported_at: float
    arrival: int
    leases: dict[str, float] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    waits_since: float | None = None
    outdated: set[str] = field(default_factory=set)

    @property
    def has_room(self) -> bool:
        """Whether the run may have one more board."""
        return self.report.max_boards is None or len(self.leases) < self.report.max_boards
