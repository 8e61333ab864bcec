"""Share a farm's boards by priority and age, so that no run starves.

First each run gets one board, as long as there are any: runs that have waited too long first, then by priority, then
runs that have a board, then the oldest. The remaining boards go by priority, then age, up to each run's limit. No run
is moved from one board to another without need: a run keeps its boards while no run of a higher priority, and no run
without a board, wants them.

If there are more runs than boards, a run that has waited `PATIENCE_SECONDS` is served next, whatever its priority, and
keeps its board for at least `TURN_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduler.sharing import Claim

PATIENCE_SECONDS = 300.0
"""A run that has waited this long without any board comes before those of higher priority."""
TURN_SECONDS = 60.0
"""How long a run may keep its only board before it can be taken away."""


@dataclass(frozen=True, slots=True)
class FairSharing:
    """A `SharingPolicy`; see the module."""

    def share(self, claims: Iterable[Claim], now: float) -> dict[str, str]:
        """See `SharingPolicy`."""
        ranked = sorted(claims, key=lambda claim: claim.rank)
        sharing = _Sharing({claim.run: claim for claim in ranked}, now)
        for claim in sorted(ranked, key=lambda claim: _turn(claim, now)):
            sharing.serve(claim)
        for claim in ranked:
            sharing.fill(claim)
        return sharing.owners


def _turn(claim: Claim, now: float) -> tuple[bool, float, int, bool, float, str]:
    """The order in which runs get their first board, lowest first."""
    since = claim.waiting_since
    overdue = since is not None and now - since >= PATIENCE_SECONDS
    waited = since if overdue and since is not None else 0.0
    return not overdue, waited, -claim.priority, not claim.leases, claim.started, claim.run


class _Sharing:
    """One round of giving out boards.

    Attributes:
        owners: the run that each board goes to.
    """

    def __init__(self, claims: Mapping[str, Claim], now: float) -> None:
        self._claims = claims
        self._leased_to = {board: claim.run for claim in claims.values() for board in claim.leases}
        self._counts = dict.fromkeys(claims, 0)
        self.owners: dict[str, str] = {}
        for claim in claims.values():
            self._keep_turn(claim, now)
        self._fixed = frozenset(self.owners)

    def serve(self, claim: Claim) -> bool:
        """Give a run its first board; runs served before keep one, though perhaps another."""
        if self._counts[claim.run]:
            return True
        served = self._reroute(claim, set())
        self._counts[claim.run] += served
        return served

    def fill(self, claim: Claim) -> None:
        """Give a run more boards, up to its limit, but no board that a run of its priority or a higher one has."""
        free = claim.requested - self.owners.keys()
        for board in sorted(free, key=lambda board: self._preference(claim, board)):
            if claim.max_boards is not None and self._counts[claim.run] >= claim.max_boards:
                return
            owner = self._leased_to.get(board)
            if owner in (None, claim.run) or self._claims[owner].priority < claim.priority:
                self.owners[board] = claim.run
                self._counts[claim.run] += 1

    def _keep_turn(self, claim: Claim, now: float) -> None:
        """Leave a run its only board for a while."""
        if len(claim.leases) == 1:
            [(board, since)] = claim.leases.items()
            if board in claim.requested and now - since < TURN_SECONDS:
                self.owners[board] = claim.run
                self._counts[claim.run] = 1

    def _reroute(self, claim: Claim, visited: set[str]) -> bool:
        """Find a board for a run: a free one, or one whose run can be given another (an augmenting path)."""
        candidates = sorted(claim.requested - self._fixed, key=lambda board: self._preference(claim, board))
        for board in sorted(candidates, key=lambda board: board in self.owners):
            if board in visited:
                continue
            visited.add(board)
            if board not in self.owners or self._reroute(self._claims[self.owners[board]], visited):
                self.owners[board] = claim.run
                return True
        return False

    def _preference(self, claim: Claim, board: str) -> tuple[int, int, int, float, str]:
        """Order boards for a run: its own, then free ones, then of the run with the most boards, its latest."""
        owner = self._leased_to.get(board)
        if owner == claim.run:
            return 0, 0, 0, claim.leases[board], board
        if owner is None:
            return 1, 0, 0, 0.0, board
        other = self._claims[owner]
        return 2, other.priority, -len(other.leases), -other.leases[board], board
