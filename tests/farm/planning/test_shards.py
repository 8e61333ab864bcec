"""A sweep in shares: every host takes its own, and joined they are the sweep that was never split."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.ci.merging import merge
from farm.core.errors import ExitCode, FarmError, NothingSelected
from farm.core.shard import Shard
from farm.core.verdicts import Reason
from farm.planning.narrowing import choose
from farm.planning.shards import shard_details, share_of
from farm.planning.vectors import Vector, plan
from farm.running.driver import Driver
from farm.running.plain import PlainProgress
from farm.store import Ended, RunInfo, RunView, Store
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.local_fleet import LocalFleet
from tracer.master.master import Master, shipped

N300 = KINDS["n300"]


@pytest.fixture(scope="module")
def planned() -> list[Vector]:
    """What of the shipped master runs on n300s."""
    return [vector for vector in plan(Master.read(shipped()), [], [N300]) if not vector.unrunnable]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Store]]:
    opened = [Store.open(tmp_path / f"shard-{index}.db") for index in range(1, 5)]
    yield opened
    for store in opened:
        store.close()


def sweep(
    store: Store, whole: Sequence[Vector], shard: Shard | None = None, *, started: float = 1_700_000_000.0
) -> RunView:
    """Runs the shard's share on fake boards, of which every seventh vector fails."""
    acts = {vector.id: (Act.FAIL,) for at, vector in enumerate(whole) if at % 7 == 0}
    vectors = share_of(whole, shard)
    details = {"master": "master.json", "boards": "fake:n300*2", **shard_details(shard, whole)}
    run_id = store.start_run(RunInfo("farm sweep", suite="model_traced", started=started, details=details))
    store.plan(run_id, vectors)
    fleet = LocalFleet()
    driver = Driver(run_id, fake_boards(N300, 2, script=Script(acts=acts)), fleet, store, PlainProgress(io.StringIO()))
    driver.start()
    driver.run(vectors)
    fleet.close(1)
    store.finish_run(run_id, Ended.COMPLETED, finished=started + 60)
    return store.view(run_id)


def told(view: RunView) -> list[tuple[object, ...]]:
    """What is the same however a sweep was split: everything but who ran it when."""
    return [
        (v.vector_id, v.operation, v.verdict, v.reason, v.inexact, v.config_hash, v.device_config, v.sources, v.message)
        for v in view.vectors
    ]


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1", "1/", "a/b", "-1/4", "1/4/2", "1/0", "\u0661/4"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(FarmError, match="is not a share"):
        Shard.parse(text)


@given(st.integers(1, 40), st.integers(1, 60))
def test_shares_are_all_of_the_plan_and_nothing_twice(of: int, size: int) -> None:
    names = [f"v{at}" for at in range(size)]
    shares = [names[index - 1 :: of] for index in range(1, of + 1)]
    assert sorted(name for share in shares for name in share) == sorted(names)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_an_empty_share_is_an_error(planned: list[Vector]) -> None:
    with pytest.raises(NothingSelected, match="at most 2 shards"):
        share_of(planned[:2], Shard(3, 3))


def test_choosing_by_id(planned: list[Vector]) -> None:
    assert choose(planned, [planned[3].id, planned[1].id]) == [planned[1], planned[3]]
    with pytest.raises(FarmError, match="no vector 'nope'"):
        choose(planned, ["nope"])


def test_four_shards_joined_equal_the_whole(planned: list[Vector], stores: list[Store], tmp_path: Path) -> None:
    for index, store in enumerate(stores, 1):
        sweep(store, planned, Shard(index, 4), started=1_700_000_000.0 + index)
    with Store.open(tmp_path / "whole.db") as whole, Store.open(tmp_path / "all.db") as target:
        expected = sweep(whole, planned)
        (merged,) = merge(stores, target)
        found = target.view(merged.run_id)
        assert told(found) == told(expected)
        assert found.counts == expected.counts
        assert merged.missing == ()
        assert found.run.ended is Ended.COMPLETED
        assert len(found.run.boards) == 8
        payload = planned[5].id
        assert target.payload(merged.run_id, payload) == whole.payload(expected.run.id, payload)
        # again, in another order: the same run
        assert merge(stores[::-1], target) == [merged]
        assert target.view(merged.run_id) == found
        assert len(target.runs()) == 1


def test_a_missing_shard_is_named_and_accounted_for(planned: list[Vector], stores: list[Store], tmp_path: Path) -> None:
    for index in (1, 2, 4):
        sweep(stores[index - 1], planned, Shard(index, 4))
    with Store.open(tmp_path / "all.db") as target:
        (merged,) = merge(stores, target)
        view = target.view(merged.run_id)
    assert merged.missing == (3,)
    assert view.counts["planned"] == len(planned)
    lacking = [vector for vector in view.vectors if vector.reason is Reason.SHARD_MISSING]
    assert len(lacking) == len(share_of(planned, Shard(3, 4)))
    assert view.run.ended is Ended.FAILED
    assert "shard 3/4 is missing" in view.run.message


def test_the_newest_run_of_a_shard_counts(planned: list[Vector], stores: list[Store], tmp_path: Path) -> None:
    sweep(stores[0], planned[:8], Shard(1, 2), started=1_700_000_000.0)
    sweep(stores[0], planned[:8], Shard(1, 2), started=1_700_000_100.0)
    sweep(stores[1], planned[:8], Shard(2, 2))
    with Store.open(tmp_path / "all.db") as target:
        (merged,) = merge(stores, target)
        assert target.view(merged.run_id).counts["planned"] == 8


def test_shards_of_different_plans_are_different_runs(
    planned: list[Vector], stores: list[Store], tmp_path: Path
) -> None:
    sweep(stores[0], planned[:8], Shard(1, 2))
    sweep(stores[1], planned[:6], Shard(2, 2))
    with Store.open(tmp_path / "all.db") as target:
        merged = merge(stores, target)
    assert sorted(each.missing for each in merged) == [(1,), (2,)]


def test_merge_command(
    farm: Farm,  # noqa: F811 - the fixture
    planned: list[Vector],
    stores: list[Store],
    tmp_path: Path,
) -> None:
    for index in (1, 2):
        sweep(stores[index - 1], planned[:9], Shard(index, 2))
    places = [store.place for store in stores[:2]]
    code, out, _ = farm("merge", *places, "--store", tmp_path / "all.db", "--out", tmp_path / "out")
    assert code == ExitCode.TEST_FAILED
    assert "planned 9 = 7 validated + 2 fail_assert_exception" in out
    assert (tmp_path / "out" / "report.html").is_file()
    code, out, err = farm("merge", places[1], "--store", tmp_path / "half.db", "--out", tmp_path / "half")
    assert "shard 1/2 is missing" in err
    assert "The run failed (shard 1/2 is missing)" in out
    assert code == ExitCode.TEST_FAILED
    code, _, err = farm("merge", stores[3].place, "--store", tmp_path / "none.db")
    assert (code, "no shard" in err) == (ExitCode.USAGE, True)
