"""Sharing boards among runs: what holds whoever wants what, and that nobody waits for ever."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scheduler.sharing import PATIENCE_SECONDS, TURN_SECONDS, Claim, share

NOW = 1000.0
LONG_AGO = NOW - 2 * TURN_SECONDS


def claim(run: str, wanted: str, leases: str = "", **more: object) -> Claim:
    """A run that wants and has boards named by one letter each."""
    waits = None if leases else NOW
    return replace(
        Claim(
            run, wanted=frozenset(wanted), leases={board: LONG_AGO + n for n, board in enumerate(leases)}, waits=waits
        ),
        **more,  # type: ignore[arg-type]  # a field's name and value
    )


def shares(*claims: Claim) -> dict[str, str]:
    """Whose boards are, by run: `{"one": "ab"}`."""
    given_to: dict[str, str] = {}
    for board, run in sorted(share(claims, NOW).items()):
        given_to[run] = given_to.get(run, "") + board
    return given_to


def test_the_older_run_has_all_but_one() -> None:
    assert shares(claim("old", "abc", "abc"), claim("new", "abc", started=1.0)) == {"old": "ab", "new": "c"}


def test_a_free_board_goes_to_the_older_run() -> None:
    assert shares(claim("old", "abc", "a"), claim("new", "abc", "b", started=1.0)) == {"old": "ac", "new": "b"}


def test_equals_take_nothing_of_each_other() -> None:
    assert shares(claim("old", "abc", "a"), claim("new", "abc", "bc", started=1.0)) == {"old": "a", "new": "bc"}


def test_a_higher_priority_takes_what_others_have_beside_one() -> None:
    urgent = claim("urgent", "abcd", started=9.0, priority=5)
    assert shares(claim("old", "abcd", "abcd"), urgent) == {"old": "a", "urgent": "bcd"}


def test_a_higher_priority_takes_an_only_board_too_but_not_at_once() -> None:
    low = claim("low", "a", "a")
    urgent = claim("urgent", "a", started=9.0, priority=1)
    assert shares(low, urgent) == {"urgent": "a"}
    assert shares(replace(low, leases={"a": NOW - TURN_SECONDS / 2}), urgent) == {"low": "a"}


def test_who_waited_too_long_comes_first_whatever_the_priority() -> None:
    high = claim("high", "a", "a", priority=9)
    low = claim("low", "a", waits=NOW - PATIENCE_SECONDS)
    assert shares(high, low) == {"low": "a"}
    assert shares(high, replace(low, waits=low.waits + 1 if low.waits else None)) == {"high": "a"}


def test_a_limit_of_boards_leaves_the_rest_to_others() -> None:
    first, second = claim("first", "abcd", most=1, priority=3), claim("second", "abcd", started=1.0)
    assert shares(first, second) == {"first": "a", "second": "bcd"}


def test_a_run_moves_over_for_one_that_can_use_only_its_board() -> None:
    assert shares(claim("any", "ab", "a"), claim("only", "a", started=1.0)) == {"any": "b", "only": "a"}


RUNS = ("p", "q", "r", "s")
BOARDS = ("a", "b", "c", "d", "e")


@st.composite
def farms(draw: st.DrawFn) -> list[Claim]:
    """Runs that want some boards and have some of those, nobody the same one."""
    owners = {board: draw(st.sampled_from((None, *RUNS))) for board in BOARDS}
    claims = []
    for run in RUNS:
        owned = [board for board in BOARDS if owners[board] == run]
        wanted = frozenset(owned) | draw(st.frozensets(st.sampled_from(BOARDS)))
        most = draw(st.none() | st.integers(max(1, len(owned)), len(BOARDS)))
        leases = {board: NOW - draw(st.sampled_from((1.0, 2 * TURN_SECONDS))) for board in owned}
        waits = None if owned else NOW - draw(st.sampled_from((0.0, PATIENCE_SECONDS, 2 * PATIENCE_SECONDS)))
        claims.append(
            Claim(
                run, draw(st.integers(0, 2)), draw(st.integers(0, 3).map(float)), wanted, leases, most=most, waits=waits
            )
        )
    return claims


@given(farms())
def test_what_holds_whoever_wants_what(claims: list[Claim]) -> None:
    given_to = share(claims, NOW)
    for each in claims:
        mine = {board for board, run in given_to.items() if run == each.run}
        assert mine <= each.wanted
        assert each.most is None or len(mine) <= each.most
        room = each.most is None or len(mine) < each.most
        assert not room or not each.wanted - given_to.keys(), "no wanted board is left idle"


@given(farms())
def test_boards_come_to_rest(claims: list[Claim]) -> None:
    """Nobody is sent to and fro: once all have what they are due, and nothing else happens, that stays."""
    for _ in range(len(RUNS)):
        given_to, before = share(claims, NOW), claims
        claims = [taken(each, given_to, NOW) for each in before]
    assert claims == before
    counts = Counter(given_to.values())
    for each in claims:
        if not each.leases:
            assert all(counts[given_to[board]] == 1 for board in each.wanted), "nobody has two of what it needs one of"


def taken(claim: Claim, given_to: dict[str, str], now: float) -> Claim:
    """A run that has what it is due."""
    mine = {board: claim.leases.get(board, now) for board, run in given_to.items() if run == claim.run}
    waits = None if mine else claim.waits if claim.waits is not None else now
    return replace(claim, leases=mine, waits=waits)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1, 2, None])), min_size=2, max_size=6), st.integers(1, 3))
def test_nobody_waits_for_ever(runs: list[tuple[int, int | None]], boards: int) -> None:
    """Runs that never end, boards given up at once when they are wanted back."""
    step, now = 20.0, 0.0
    wanted = frozenset(BOARDS[:boards])
    claims = [
        Claim(f"r{n}", priority, float(n), wanted, most=most, waits=0.0) for n, (priority, most) in enumerate(runs)
    ]
    bound = PATIENCE_SECONDS + len(runs) * (TURN_SECONDS + 2 * step)
    while now < 4 * bound:
        given_to = share(claims, now)
        claims = [taken(each, given_to, now) for each in claims]
        assert all(each.waits is None or now - each.waits <= bound for each in claims)
        now += step
