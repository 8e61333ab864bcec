"""Shards of a sweep merged into one run, which is the sweep that was never split."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.ci.merging import merge
from farm.core.errors import ExitCode
from farm.core.shard import Shard
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason
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
    """The vectors of the shipped master that run on n300s."""
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
    """Run a shard's share on fake boards; every seventh vector of the plan fails."""
    acts = {vector.id: (Act.FAIL,) for at, vector in enumerate(whole) if at % 7 == 0}
    vectors = share_of(whole, shard)
    details = {"master": "master.json", "boards": "fake:n300*2", **shard_details(shard, whole)}
    spec = SweepSpec.of(boards="fake:n300*2", shard=None if shard is None else str(shard))
    info = RunInfo("farm sweep", suite="model_traced", started=started, spec=spec, details=details)
    run_id = store.start_run(info)
    store.plan(run_id, vectors)
    fleet = LocalFleet()
    driver = Driver(run_id, fake_boards(N300, 2, script=Script(acts=acts)), fleet, store, PlainProgress(io.StringIO()))
    driver.start()
    driver.run(vectors)
    fleet.close(1)
    store.finish_run(run_id, Ended.COMPLETED, finished=started + 60)
    return store.view(run_id)


def endings(view: RunView) -> list[tuple[object, ...]]:
    """What is the same however a sweep was split: everything but which board ran a vector, and when."""
    return [
        (v.vector_id, v.operation, v.verdict, v.reason, v.inexact, v.config_hash, v.device_config, v.sources, v.message)
        for v in view.vectors
    ]


def test_four_shards_joined_equal_the_whole(planned: list[Vector], stores: list[Store], tmp_path: Path) -> None:
    for index, store in enumerate(stores, 1):
        sweep(store, planned, Shard(index, 4), started=1_700_000_000.0 + index)
    with Store.open(tmp_path / "whole.db") as whole, Store.open(tmp_path / "all.db") as target:
        expected = sweep(whole, planned)
        (merged,) = merge(stores, target)
        view = target.view(merged.run_id)
        assert endings(view) == endings(expected)
        assert view.counts == expected.counts
        assert merged.missing == ()
        assert view.run.spec == SweepSpec.of(boards="fake:n300*2"), "the merged run is of no shard"
        assert view.run.ended is Ended.COMPLETED
        assert len(view.run.boards) == 8
        payload = planned[5].id
        assert target.payload(merged.run_id, payload) == whole.payload(expected.run.id, payload)
        # again, in another order: the same run
        assert merge(stores[::-1], target) == [merged]
        assert target.view(merged.run_id) == view
        assert len(target.runs()) == 1


def test_a_missing_shard_is_named_and_accounted_for(planned: list[Vector], stores: list[Store], tmp_path: Path) -> None:
    for index in (1, 2, 4):
        sweep(stores[index - 1], planned, Shard(index, 4))
    with Store.open(tmp_path / "all.db") as target:
        (merged,) = merge(stores, target)
        view = target.view(merged.run_id)
    assert merged.missing == (3,)
    assert view.counts["planned"] == len(planned)
    missing = [vector for vector in view.vectors if vector.reason is Reason.SHARD_MISSING]
    assert len(missing) == len(share_of(planned, Shard(3, 4)))
    assert view.run.ended is Ended.FAILED
    assert "shard 3/4 is missing" in view.run.message


def test_a_shard_without_a_share_is_not_missing(planned: list[Vector], stores: list[Store], tmp_path: Path) -> None:
    for index in (1, 2):
        sweep(stores[index - 1], planned[:2], Shard(index, 4))
    with Store.open(tmp_path / "all.db") as target:
        (merged,) = merge(stores, target)
        assert (merged.of, merged.missing) == (4, ())
        assert target.view(merged.run_id).run.ended is Ended.COMPLETED


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
