"""What starts while sweep modules are imported, with stand-ins for Ray and for the worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.backends.mock import mock_boards
from farm.board.handover import RunningWorker
from farm.board.kinds import KINDS
from farm.board.pipes import Conversation
from farm.board.protocol import WorkerDied
from farm.cluster.early_cluster import EarlyCluster
from farm.core.measures import PERF_WITH_CACHE
from farm.core.messages import (
    Listing,
    ListingEnd,
    ListingProblem,
    ListVectors,
    ModuleImported,
)
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.planning.board_choice import with_environment
from farm.running import early_start
from farm.running.early_start import EarlyStart

ONE = SweepModule("m", Path("m.py"))
BOARDS = mock_boards(KINDS["n300"], 2)
RUNNING = RunningWorker(
    owner=1, pid=77, keeper=76, marker="", requests=3, replies=4, lifeline=5, status=6, conversation=Conversation(b"")
)
IMPORTED = ModuleImported(timeout=None, fixture=False, suites=["s"])


class Worker:
    """Stands in for `ReadyWorker`: lists what it is told."""

    def __init__(self, *_: object) -> None:
        self.closed = 0
        self.begun = 0
        self.here = True
        self.messages: list[Listing] = [IMPORTED, ListingEnd()]
        self.dies = False

    def begin(self) -> None:
        self.begun += 1

    def list_vectors(self, _request: ListVectors, _timeout: float) -> Iterator[Listing]:
        yield from self.messages
        if self.dies:
            raise WorkerDied("it died")

    def hand_over(self) -> RunningWorker | None:
        return RUNNING if self.here and not self.closed else None

    def let_go(self) -> None:
        self.here = False

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr(early_start, "ReadyWorker", lambda *_: worker)
    return worker


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    started: list[tuple[int, int]] = []
    monkeypatch.setattr(EarlyCluster, "prepare", lambda _self: None)
    monkeypatch.setattr(EarlyCluster, "start", lambda _self, boards, workers: started.append((boards, workers)))
    return started


def test_the_worker_that_lists_one_module_goes_on_as_a_boards(worker: Worker, started: list[tuple[int, int]]) -> None:
    with EarlyStart(SweepSpec()) as early:
        assert early.worker_of(BOARDS[0]) is None
        listing = early.listing(BOARDS, [ONE])
        assert listing is not None
        assert started == [(2 + len(KINDS), 2)]
        assert list(listing.list_vectors(ListVectors(ONE), 1)) == worker.messages
        listing.close()
        assert not worker.closed
        assert early.worker_of(BOARDS[1]) is None, "it was started for the first board"
        assert early.worker_of(BOARDS[0]) == RUNNING
        assert early.worker_of(BOARDS[0]) is None, "a board that starts again gets another"
        early.started(BOARDS[1].id, 77)
        early.started(BOARDS[0].id, 78)
        assert worker.here, "the board started one of its own"
        early.started(BOARDS[0].id, 77)
        assert not worker.here
    assert worker.closed == 1, "at the end, whoever has it"


@pytest.mark.parametrize("trouble", ["problem", "death", "limit"])
def test_a_worker_whose_listing_did_not_end_well_is_not_kept(
    worker: Worker, started: list[tuple[int, int]], trouble: str
) -> None:
    with EarlyStart(SweepSpec()) as early:
        listing = early.listing(BOARDS, [ONE])
        assert listing is not None
        if trouble == "problem":
            worker.messages.insert(1, ListingProblem("it is odd"))
        worker.dies = trouble == "death"
        messages = listing.list_vectors(ListVectors(ONE), 1)
        if trouble == "limit":
            next(messages)
            messages.close()  # type: ignore[attr-defined]  # it is a generator
        elif trouble == "death":
            with pytest.raises(WorkerDied):
                list(messages)
            worker.closed = 1
        else:
            list(messages)
        listing.close()
        assert worker.closed
        assert early.worker_of(BOARDS[0]) is None
    assert started


def test_modules_have_a_process_of_their_own(worker: Worker, started: list[tuple[int, int]]) -> None:
    cold = with_environment(BOARDS, [PERF_WITH_CACHE])
    for boards, modules in ((BOARDS, [ONE, ONE]), (BOARDS, []), (fake_boards(KINDS["n300"], 1), [ONE]), (cold, [ONE])):
        with EarlyStart(SweepSpec()) as early:
            assert early.listing(boards, modules) is None
    assert len(started) == 4
    with EarlyStart(SweepSpec.of(address="farm:6379", boards="mock:n300")) as early:
        assert early.listing(BOARDS, [ONE]) is None
    assert len(started) == 4, "a farm has its own cluster"
    assert not worker.closed


def test_the_worker_of_a_single_module_starts_before_the_plan(
    worker: Worker, started: list[tuple[int, int]], tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text("parameters = {}")
    with EarlyStart(SweepSpec.of(sweeps=tmp_path, boards="mock:n300*2")) as early:
        early.begin(tmp_path / "farm.db", tmp_path / "out")
        assert worker.begun == 1
        assert started == [(2 + len(KINDS), 2)]
        assert early.listing(BOARDS, [ONE]) is not None
        assert worker.begun == 1
        assert set(started) == {(2 + len(KINDS), 2)}
    assert worker.closed


def test_no_cluster_starts_for_a_run_that_can_not_be_written(
    worker: Worker, started: list[tuple[int, int]], tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text("parameters = {}")
    for store, out in ((tmp_path / "none" / "farm.db", None), (tmp_path / "farm.db", tmp_path / "one.py")):
        with EarlyStart(SweepSpec.of(sweeps=tmp_path, boards="mock:n300")) as early:
            early.begin(store, out)
    assert not started
    assert worker.closed == 2


def test_what_the_plan_will_report_starts_no_worker(
    worker: Worker, started: list[tuple[int, int]], tmp_path: Path
) -> None:
    (tmp_path / "one.py").write_text("parameters = {}")
    one = SweepSpec.of(sweeps=tmp_path, boards="mock:n300")
    specs = {
        "no such module": one.updated(modules=("other",)),
        "no such kind of board": one.updated(boards="mock:n299"),
        "boards elsewhere": one.updated(address="farm:6379"),
        "a master": SweepSpec.of(boards="mock:n300"),
    }
    for why, spec in specs.items():
        with EarlyStart(spec) as early:
            early.begin()
        assert not worker.begun, why
    assert not started


def test_what_a_worker_can_not_go_on_with_starts_the_cluster_alone(
    worker: Worker, started: list[tuple[int, int]], tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("parameters = {}")
    two = SweepSpec.of(sweeps=tmp_path, boards="mock:n300")
    cold = SweepSpec.of(sweeps=tmp_path / "one.py", boards="mock:n300", measure=[PERF_WITH_CACHE])
    for spec in (two, cold):
        with EarlyStart(spec) as early:
            early.begin(tmp_path / "farm.db")
    assert not worker.begun
    assert len(started) == 2
