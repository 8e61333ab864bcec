"""Sharing boards among runs: the rules for any claims, and that no run waits forever."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scheduler.policies.fair_sharing import PATIENCE_SECONDS, TURN_SECONDS, FairSharing
from scheduler.sharing import Claim

NOW = 1000.0
LONG_AGO = NOW - 2 * TURN_SECONDS
share = FairSharing().share


def claim(run: str, requested: str, leases: str = "", **more: object) -> Claim:
    """A run with its requested and leased boards, which are named by one letter each."""
    waits = None if leases else NOW
    return replace(
        Claim(
            run,
            requested=frozenset(requested),
            leases={board: LONG_AGO + n for n, board in enumerate(leases)},
            waiting_since=waits,
        ),
        **more,  # type: ignore[arg-type]  # a field's name and value
    )


def shares(*claims: Claim) -> dict[str, str]:
    """The boards of each run: `{"one": "ab"}`."""
    owners: dict[str, str] = {}
    for board, run in sorted(share(claims, NOW).items()):
        owners[run] = owners.get(run, "") + board
    return owners


def test_the_older_run_has_all_but_one() -> None:
    assert shares(claim("old", "abc", "abc"), claim("new", "abc", started=1.0)) == {"old": "ab", "new": "c"}


def test_a_free_board_goes_to_the_older_run() -> None:
    assert shares(claim("old", "abc", "a"), claim("new", "abc", "b", started=1.0)) == {"old": "ac", "new": "b"}


def test_runs_of_one_priority_take_nothing_from_each_other() -> None:
    assert shares(claim("old", "abc", "a"), claim("new", "abc", "bc", started=1.0)) == {"old": "a", "new": "bc"}


def test_a_higher_priority_takes_all_but_one_board_of_the_others() -> None:
    urgent = claim("urgent", "abcd", started=9.0, priority=5)
    assert shares(claim("old", "abcd", "abcd"), urgent) == {"old": "a", "urgent": "bcd"}


def test_a_higher_priority_takes_an_only_board_after_its_turn() -> None:
    low = claim("low", "a", "a")
    urgent = claim("urgent", "a", started=9.0, priority=1)
    assert shares(low, urgent) == {"urgent": "a"}
    assert shares(replace(low, leases={"a": NOW - TURN_SECONDS / 2}), urgent) == {"low": "a"}


def test_a_run_that_waited_too_long_comes_first_whatever_its_priority() -> None:
    high = claim("high", "a", "a", priority=9)
    low = claim("low", "a", waiting_since=NOW - PATIENCE_SECONDS)
    assert shares(high, low) == {"low": "a"}
    assert shares(high, replace(low, waiting_since=NOW - PATIENCE_SECONDS + 1)) == {"high": "a"}


def test_a_limit_of_boards_leaves_the_rest_to_others() -> None:
    first, second = claim("first", "abcd", max_boards=1, priority=3), claim("second", "abcd", started=1.0)
    assert shares(first, second) == {"first": "a", "second": "bcd"}


def test_a_run_moves_over_for_one_that_can_use_only_its_board() -> None:
    assert shares(claim("any", "ab", "a"), claim("only", "a", started=1.0)) == {"any": "b", "only": "a"}


RUNS = ("p", "q", "r", "s")
BOARDS = ("a", "b", "c", "d", "e")


@st.composite
def farms(draw: st.DrawFn) -> list[Claim]:
    """Runs that request some boards and have some of those; no board belongs to two runs."""
    owners = {board: draw(st.sampled_from((None, *RUNS))) for board in BOARDS}
    claims = []
    for run in RUNS:
        owned = [board for board in BOARDS if owners[board] == run]
        requested = frozenset(owned) | draw(st.frozensets(st.sampled_from(BOARDS)))
        max_boards = draw(st.none() | st.integers(max(1, len(owned)), len(BOARDS)))
        leases = {board: NOW - draw(st.sampled_from((1.0, 2 * TURN_SECONDS))) for board in owned}
        waits = None if owned else NOW - draw(st.sampled_from((0.0, PATIENCE_SECONDS, 2 * PATIENCE_SECONDS)))
        claims.append(
            Claim(
                run,
                draw(st.integers(0, 2)),
                draw(st.integers(0, 3).map(float)),
                requested,
                leases,
                max_boards=max_boards,
                waiting_since=waits,
            )
        )
    return claims


@given(farms())
def test_rules_for_any_claims(claims: list[Claim]) -> None:
    owners = share(claims, NOW)
    for each in claims:
        mine = {board for board, run in owners.items() if run == each.run}
        assert mine <= each.requested
        assert each.max_boards is None or len(mine) <= each.max_boards
        room = each.max_boards is None or len(mine) < each.max_boards
        assert not room or not each.requested - owners.keys(), "no requested board is left idle"


@given(farms())
def test_repeated_sharing_moves_no_board(claims: list[Claim]) -> None:
    """No board moves back and forth: once every run has its boards, they stay while nothing else happens."""
    for _ in range(len(RUNS)):
        owners, before = share(claims, NOW), claims
        claims = [after_sharing(each, owners, NOW) for each in before]
    assert claims == before
    counts = Counter(owners.values())
    for each in claims:
        if not each.leases:
            assert all(counts[owners[board]] == 1 for board in each.requested), (
                "no run has two boards while another needs one of them"
            )


def after_sharing(claim: Claim, owners: dict[str, str], now: float) -> Claim:
    """The claim of a run after it got its boards."""
    mine = {board: claim.leases.get(board, now) for board, run in owners.items() if run == claim.run}
    waits = None if mine else claim.waiting_since if claim.waiting_since is not None else now
    return replace(claim, leases=mine, waiting_since=waits)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1, 2, None])), min_size=2, max_size=6), st.integers(1, 3))
def test_no_run_waits_forever(runs: list[tuple[int, int | None]], boards: int) -> None:
    """With runs that never end, and boards given up as soon as they are withdrawn."""
    step, now = 20.0, 0.0
    requested = frozenset(BOARDS[:boards])
    claims = [
        Claim(f"r{n}", priority, float(n), requested, max_boards=limit, waiting_since=0.0)
        for n, (priority, limit) in enumerate(runs)
    ]
    bound = PATIENCE_SECONDS + len(runs) * (TURN_SECONDS + 2 * step)
    while now < 4 * bound:
        owners = share(claims, now)
        claims = [after_sharing(each, owners, now) for each in claims]
        assert all(each.waiting_since is None or now - each.waiting_since <= bound for each in claims)
        now += step
