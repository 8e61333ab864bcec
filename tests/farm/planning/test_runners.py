"""Plans for the boards of CI runners."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board.kinds import KINDS
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.planning import module_records
from farm.planning.module_listing import listing_process
from farm.planning.runners import RUNNER, UNKNOWN_SECONDS, plan_for_runners, runner_boards
from farm.planning.sweep_plan import plan_sweep
from farm.store import Store
from farm.sweeps.records import ImportedModule, ListedVector, Record
from tests.farm.large_run import large_run


def records_of(module: SweepModule) -> list[Record]:
    """Vectors of a module, of which every second one needs more cores than an n150 has."""
    imported = ImportedModule(module, None, fixture=False, suites=("s",))
    return [
        ListedVector(
            imported, "s", at, f"{at:056x}", grid=(10, 8) if at % 2 else (1, 1), values={"a": at}, unwritten={}
        )
        for at in range(6)
    ]


def test_estimates_follow_the_history_of_the_same_kind_of_board(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        large_run(store, 100)  # on silicon:n300
    notes: list[str] = []
    spec = SweepSpec.of(["add"])
    silicon, mock = plan_for_runners(spec, ["silicon:n300*2", "mock:n300"], tmp_path / "farm.db", notes.append)
    assert (silicon.count, mock.count) == (2, 1)
    assert silicon.timed > 0 == mock.timed
    assert set(mock.seconds) <= {UNKNOWN_SECONDS, 0.0}
    assert mock.runnable == silicon.runnable <= len(mock.seconds)
    assert UNKNOWN_SECONDS not in set(silicon.seconds), "others of the operation were timed"
    assert notes == []


def test_modules_are_listed_once_for_all_runners(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = SweepModule("m", tmp_path / "m.py")
    module.file.write_text("def run(): ...")
    listings: list[None] = []
    monkeypatch.setattr(module_records, "listing_process", lambda *_: listings.append(None))
    monkeypatch.setattr(module_records, "list_modules", lambda *_: iter(records_of(module)))
    spec = SweepSpec.of(sweeps=tmp_path)
    selectors = ["silicon:n150", "silicon:p150*2"]
    small, large = plan_for_runners(spec, selectors, tmp_path / "no.db", lambda _line: None)
    assert len(listings) == 1
    assert (small.runnable, large.runnable) == (3, 6)
    assert (len(small.seconds), len(large.seconds)) == (6, 6), "what can't run is part of the plan that is split"
    for runner in (small, large):
        direct = plan_sweep(spec.updated(boards=runner.boards), boards=runner_boards(runner.boards))
        assert [bool(seconds) for seconds in runner.seconds] == [not each.unrunnable for each in direct.vectors]


@pytest.mark.parametrize("of", [1, 2, 5])
def test_the_shards_of_modules_are_the_whole_plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of: int) -> None:
    module = SweepModule("m", tmp_path / "m.py")
    module.file.write_text("def run(): ...")
    records = records_of(module)
    monkeypatch.setattr(module_records, "listing_process", lambda *_: None)
    monkeypatch.setattr(module_records, "list_modules", lambda *_: iter([*records, *records]))  # equal ones are one
    spec, boards = SweepSpec.of(sweeps=tmp_path), runner_boards("silicon:n150")
    shards = [plan_sweep(spec.updated(shard=f"{index}/{of}"), boards=boards) for index in range(1, of + 1)]
    assert sorted(each.config_hash for shard in shards for each in shard.vectors) == [f"{at:056x}" for at in range(6)]
    assert len({(shard.details["shard"]["plan"], shard.details["shard"]["planned"]) for shard in shards}) == 1


def test_modules_are_imported_under_a_mock_board_of_the_runners_kind(tmp_path: Path) -> None:
    process = listing_process(runner_boards("silicon:p150"), tmp_path, SweepSpec.of())
    assert process.board.id == "mock:p150:0"  # type: ignore[attr-defined]


def test_boards_named_by_kind_are_of_no_host_here() -> None:
    boards = runner_boards("silicon:n300*2,mock:p150")
    assert [(board.backend, board.kind, board.host, board.computes) for board in boards] == [
        ("silicon", KINDS["n300"], RUNNER, True),
        ("silicon", KINDS["n300"], RUNNER, True),
        ("mock", KINDS["p150"], RUNNER, False),
    ]
    assert len({board.id for board in boards}) == 3
