"""A zoo whose store is away as its run begins and ends."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from farm.core.progress import Silent
from farm.core.sweep_spec import SweepSpec
from farm.running.sweep import Sweep
from farm.store import Store
from farm.zoo import run
from farm.zoo.manifest import Manifest
from farm.zoo.traces import Traces, ZooStore
from tests.farm.flaky_store import RestartingStore


class Notes(Silent):
    """Keeps the lines for the user."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


def test_a_zoo_waits_for_its_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Restarting(RestartingStore, ZooStore):
        asked: ClassVar[list[str]] = []

    def start_run(sweep: Sweep, store: Store, _progress: object) -> str:
        return store.start_run(sweep.run_info())

    monkeypatch.setattr(run, "ZooStore", Restarting)
    monkeypatch.setattr(run, "run_sweep", start_run)
    monkeypatch.setattr("farm.running.store_patience.RETRY_SECONDS", 0.0)
    notes = Notes()
    sweep = Sweep("farm trace --zoo", SweepSpec(), [], [], suite=run.SUITE)
    view = run.run_zoo(sweep, Traces(tmp_path, Manifest(tmp_path / "zoo.yaml", ())), tmp_path / "farm.db", notes)
    assert view.run.command == "farm trace --zoo"
    assert Restarting.asked == ["open", "open", "view", "view"]
    assert [line.rpartition(" is ")[2] for line in notes.lines] == ["restarting: waiting up to 60 s for it", "back"] * 2
