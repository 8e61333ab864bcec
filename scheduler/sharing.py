"""Several runs on one farm: whose is which board. Pure: told who wants and has what, answers whose each should be.

First everyone gets one board, as far as boards go: who waited too long first, then by priority, then who has one, then
by age. What is left goes by priority, then age, up to each run's limit. Nobody is sent from one board to another
for nothing: a run keeps what it has while nobody of a higher priority, and nobody without any board, wants it.

So no run starves: where runs are more than boards, the one that waited `PATIENCE_SECONDS` comes next, whatever its
priority, and keeps what it gets for at least `TURN_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PATIENCE_SECONDS = 300.0
"""After waiting so long with no board at all, a run comes before those of higher priority."""
TURN_SECONDS = 60.0
"""How long a run may keep its only board before it can be taken away."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run, as far as sharing boards goes.

    Attributes:
        run: its id.
        priority: the higher, the sooner; 0 unless someone said so.
        started: when; older runs come first. Times are in seconds, by any one clock.
        wanted: the usable boards that it has or waits for.
        leases: those of them that it has, and since when.
        most: how many it may have at once; None for as many as there are.
        waits: since when it has had none; None while it has some.
    """

    run: str
    priority: int = 0
    started: float = 0.0
    wanted: frozenset[str] = frozenset()
    leases: Mapping[str, float] = field(default_factory=dict)
    most: int | None = None
    waits: float | None = None

    @property
    def rank(self) -> tuple[int, float, str]:
        """Who is served first: the lowest."""
        return -self.priority, self.started, self.run

    def overdue(self, now: float) -> bool:
        """Whether it waited too long."""
        return self.waits is not None and now - self.waits >= PATIENCE_SECONDS


def share(claims: Iterable[Claim], now: float) -> dict[str, str]:
    """Whose each wanted board should be now, by board; boards that nobody may have are left out."""
    ranked = sorted(claims, key=lambda claim: claim.rank)
    sharing = _Sharing({claim.run: claim for claim in ranked}, now)
    first = sorted(ranked, key=lambda claim: _turn(claim, now))
    for claim in first:
        sharing.serve(claim)
    for claim in ranked:
        sharing.fill(claim)
    return sharing.given


def _turn(claim: Claim, now: float) -> tuple[bool, float, int, bool, float, str]:
    """Whose turn it is to get a first board: the lowest."""
    overdue = claim.overdue(now)
    since = claim.waits if overdue and claim.waits is not None else 0.0
    return not overdue, since, -claim.priority, not claim.leases, claim.started, claim.run


class _Sharing:
    """One round of giving.

    Attributes:
        given: boards, and whose they are to be.
    """

    def __init__(self, claims: Mapping[str, Claim], now: float) -> None:
        self._claims = claims
        self._owner = {board: claim.run for claim in claims.values() for board in claim.leases}
        self._counts = dict.fromkeys(claims, 0)
        self.given: dict[str, str] = {}
        for claim in claims.values():
            self._keep_turn(claim, now)
        self._fixed = frozenset(self.given)

    def serve(self, claim: Claim) -> bool:
        """Gives a run its first board; those served before keep one, though perhaps another."""
        if self._counts[claim.run]:
            return True
        served = self._reroute(claim, set())
        self._counts[claim.run] += served
        return served

    def fill(self, claim: Claim) -> None:
        """Gives a run what is left, up to its limit, but nothing of what its equals have."""
        for board in sorted(claim.wanted - self.given.keys(), key=lambda board: self._liking(claim, board)):
            if claim.most is not None and self._counts[claim.run] >= claim.most:
                return
            owner = self._owner.get(board)
            if owner in (None, claim.run) or self._gives_way(self._claims[owner], claim):
                self.given[board] = claim.run
                self._counts[claim.run] += 1

    def _keep_turn(self, claim: Claim, now: float) -> None:
        """A run's only board stays with it for a while."""
        if len(claim.leases) == 1:
            [(board, since)] = claim.leases.items()
            if board in claim.wanted and now - since < TURN_SECONDS:
                self.given[board] = claim.run
                self._counts[claim.run] = 1

    def _reroute(self, claim: Claim, seen: set[str]) -> bool:
        """Finds a run a board: a free one, or one whose run can be given another (an augmenting path)."""
        liked = sorted(claim.wanted - self._fixed, key=lambda board: self._liking(claim, board))
        for board in sorted(liked, key=lambda board: board in self.given):
            if board in seen:
                continue
            seen.add(board)
            if board not in self.given or self._reroute(self._claims[self.given[board]], seen):
                self.given[board] = claim.run
                return True
        return False

    def _gives_way(self, owner: Claim, claim: Claim) -> bool:
        """Whether a board of one run goes to another that has some already."""
        return owner.priority < claim.priority

    def _liking(self, claim: Claim, board: str) -> tuple[int, int, int, float, str]:
        """Which board a run takes first: its own, then a free one, then of whoever has the most, the last that came."""
        owner = self._owner.get(board)
        if owner == claim.run:
            return 0, 0, 0, claim.leases[board], board
        if owner is None:
            return 1, 0, 0, 0.0, board
        other = self._claims[owner]
        return 2, other.priority, -len(other.leases), -other.leases[board], board
