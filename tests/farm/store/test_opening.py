"""Opening a store: places, errors in one line, and several processes at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from farm.core.errors import ExitCode, StoreError
from farm.core.verdicts import Reason, Verdict
from farm.store import RunInfo, Store, default_place
from tests.farm.store_helpers import recorded_run


class TestOpening:
    def test_the_default_store_follows_the_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("FARM_STORE", str(tmp_path / "mine.db"))
        assert default_place().reveal() == str(tmp_path / "mine.db")
        monkeypatch.delenv("FARM_STORE")
        assert default_place().reveal().endswith("farm.db")

    def test_odd_names_work(self, tmp_path: Path) -> None:
        place = tmp_path / "a b what?#100%.db"
        with Store.open(place) as store:
            run_id = store.start_run(RunInfo("farm sweep"))
        assert place.exists()
        with Store.open(f"sqlite:///{tmp_path}/url.db") as store:
            store.start_run(RunInfo("farm sweep"))
        with Store.open(place, create=False) as store:
            assert [head.id for head in store.runs()] == [run_id]

    def test_reading_creates_no_store(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="no results store at"):
            Store.open(tmp_path / "none.db", create=False)
        assert not (tmp_path / "none.db").exists()

    @pytest.mark.parametrize(
        ("content", "says"),
        [(b"this is no database, but long enough to look at" * 30, "is no results store"), (None, "something else")],
    )
    def test_other_files_and_databases_are_refused(self, tmp_path: Path, content: bytes | None, says: str) -> None:
        place = tmp_path / "other.db"
        if content is None:
            connection = sqlite3.connect(place)
            connection.execute("create table bookmarks (url text)")
            connection.close()
        else:
            place.write_bytes(content)
        before = place.read_bytes()
        error = self.refused(place)
        assert says in str(error)
        assert content is None or place.read_bytes() == before

    def test_only_the_usual_store_makes_its_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("FARM_STORE", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        with Store.open() as store:
            assert store.runs() == []
        error = self.refused(tmp_path / "mispelt" / "farm.db")
        assert f"there is no folder {tmp_path / 'mispelt'}" in str(error)
        assert not (tmp_path / "mispelt").exists()

    def test_a_directory_that_cannot_be_created(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        self.refused(tmp_path / "file" / "farm.db")

    def test_a_directory_is_refused(self, tmp_path: Path) -> None:
        self.refused(tmp_path)

    @pytest.mark.parametrize("place", ["nonsense://x", "://", "postgresql+nodriver://h/d", "oracle://h/d"])
    def test_unusable_urls_are_refused(self, place: str) -> None:
        self.refused(place)

    def test_a_password_is_not_printed(self) -> None:
        error = self.refused("oracle://me:secret@host/d")
        assert "secret" not in str(error)

    def refused(self, place: str | Path) -> StoreError:
        with pytest.raises(StoreError) as raised:
            Store.open(place)
        assert "\n" not in str(raised.value)
        assert raised.value.exit_code == ExitCode.NOT_RUN
        return raised.value


class TestSeveral:
    def test_processes_open_and_write_one_new_store_at_once(self, tmp_path: Path) -> None:
        place = tmp_path / "farm.db"
        context = multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            ids = pool.map(_write_a_run, [place] * 4)
        with Store.open(place) as store:
            assert {head.id for head in store.runs()} == set(ids)
            assert all(store.view(run_id).counts["validated"] == 5 for run_id in ids)

    def test_recorded_results_outlive_the_driver(self, tmp_path: Path) -> None:
        script = (
            "import sys, time\n"
            "from farm.store import *\n"
            "from farm.core.verdicts import Verdict\n"
            "from tests.farm.store_helpers import Planned, attempt\n"
            "store = Store.open(sys.argv[1])\n"
            "run = store.start_run(RunInfo('farm sweep'))\n"
            "store.plan(run, [Planned(str(at)) for at in range(500)])\n"
            "for at in range(500):\n"
            "    store.record(run, [attempt(str(at))])\n"
            "    print(at, flush=True)\n"
        )
        place = tmp_path / "farm.db"
        process = subprocess.Popen([sys.executable, "-c", script, place], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        with Store.open(place) as store:
            view = store.view(store.find("last"))
        assert view.run.finished is None
        assert len(view.vectors) == 500
        assert sum(vector.attempts for vector in view.vectors) >= len(acknowledged) >= 50


def _write_a_run(place: Path) -> str:
    with Store.open(place) as store:
        return recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 5)
