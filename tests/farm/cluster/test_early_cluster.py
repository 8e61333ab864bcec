"""A local cluster that starts early, with a stand-in for Ray's own start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from farm.cluster import local_cluster
from farm.cluster.early_cluster import EarlyCluster
from farm.core.errors import NotRunnable
from farm.core.sweep_spec import SweepSpec
from farm.running.early_start import EarlyStart


class Starts:
    """Stands in for `local_cluster`: counts starts and ends, and remembers their threads."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.boards: list[tuple[int, int]] = []
        self.threads: list[threading.Thread] = []

    @contextmanager
    def __call__(self, boards: int, workers: int) -> Iterator[Path]:
        self.boards.append((boards, workers))
        self.threads.append(threading.current_thread())
        if self.error is not None:
            raise self.error
        try:
            yield Path("/its/folder")
        finally:
            self.threads.append(threading.current_thread())


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> Starts:
    starts = Starts()
    monkeypatch.setattr(local_cluster, "local_cluster", starts)
    return starts


def test_it_starts_once_and_is_ended_by_the_thread_that_started_it(starts: Starts) -> None:
    with EarlyCluster() as cluster:
        cluster.start(9, workers=1)
        with cluster.use(1) as folder:
            assert folder == Path("/its/folder")
    [started, ended] = starts.threads
    assert starts.boards == [(9, 1)]
    assert started is ended
    assert started is not threading.main_thread()
    assert not started.is_alive(), "Ray's processes end with it"


def test_it_starts_when_it_is_used_and_ends_unused(starts: Starts) -> None:
    with EarlyCluster():
        pass
    assert not starts.boards
    with EarlyCluster() as cluster, cluster.use(2):
        assert starts.boards == [(2, 2)]
    with EarlyCluster() as cluster:
        cluster.start(3, workers=3)
        cluster._folder.result()
    assert len(starts.threads) == 4, "ended as well where nothing used it"


def test_a_shared_one_serves_several_runs(starts: Starts) -> None:
    with EarlyCluster(shared=True) as cluster:
        for spec in (SweepSpec(), SweepSpec(boards="mock:n300")):
            with EarlyStart(spec, cluster) as early, early.cluster.use(4) as folder:
                assert folder == Path("/its/folder")
            assert len(starts.threads) == 1, "it has started, and not ended"
    assert starts.boards == [(4, 4)]
    assert len(starts.threads) == 2


def test_a_ray_that_does_not_start_is_reported_where_it_is_used(starts: Starts) -> None:
    starts.error = NotRunnable("Ray doesn't start on this host: no memory")
    with EarlyCluster() as cluster:
        cluster.start(1, workers=1)
        with pytest.raises(NotRunnable, match="no memory"), cluster.use(1):
            pass


def test_a_cluster_that_was_only_prepared_never_starts(starts: Starts) -> None:
    with EarlyCluster() as cluster:
        cluster.prepare()
    assert not starts.boards
    with EarlyCluster() as cluster:
        cluster.prepare()
        cluster.start(5, workers=2)
        with cluster.use(1):
            assert starts.boards == [(5, 2)]
