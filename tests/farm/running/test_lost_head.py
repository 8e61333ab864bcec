"""A run whose farm lost its head: it is left to the next driver, unless it was to be stopped anyway."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from farm import api
from farm.cluster.fleet import FleetEvent
from farm.cluster.heartbeat import HeadLost
from farm.core.progress import Progress
from farm.core.verdicts import Reason, Verdict
from farm.running import sweep as sweeping
from farm.running.continuation import RunCutOff
from farm.store import Ended, Store
from tests.farm.local_fleet import LocalFleet


class HeadlessFleet(LocalFleet):
    """A fleet whose head is lost, after a signal if there is one."""

    def __init__(self, number: signal.Signals | None) -> None:
        super().__init__()
        self.number = number

    def wait(self, seconds: float) -> list[FleetEvent]:  # noqa: ARG002 - see `Fleet`
        if self.number is not None:
            signal.raise_signal(self.number)
        raise HeadLost("the head was replaced")


def lose_head(monkeypatch: pytest.MonkeyPatch, number: signal.Signals | None) -> None:
    @contextmanager
    def fleet(*arguments: Any, **_keywords: object) -> Iterator[tuple[LocalFleet, Progress]]:
        yield HeadlessFleet(number), arguments[0].progress

    monkeypatch.setattr(sweeping, "_fleet", fleet)


def test_a_run_without_its_head_is_cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lose_head(monkeypatch, None)
    with pytest.raises(RunCutOff) as cut:
        api.sweep(boards="fake:n300", limit=10, store=tmp_path / "farm.db")
    assert f"; go on with `farm sweep --resume {cut.value.run_id} --store {tmp_path / 'farm.db'}`" in str(cut.value)
    with Store.open(tmp_path / "farm.db") as store:
        lease = store.lease(cut.value.run_id)
        assert lease is not None
        assert lease.holder is None  # given back before another process goes on


def test_a_run_that_is_being_stopped_is_not_continued(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lose_head(monkeypatch, signal.SIGTERM)
    view = api.sweep(boards="fake:n300", limit=10, store=tmp_path / "farm.db")
    assert view.run.ended is Ended.STOPPED
    assert {each.verdict for each in view.vectors} == {Verdict.NOT_RUN}
    assert Reason.STOPPED in {each.reason for each in view.vectors}
