"""The files of a report."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.core.verdicts import Reason, Verdict
from farm.report import FORMATS, make_directory, write_report
from farm.store import RunView, Store
from tests.farm.large_run import HOSTILE
from tests.farm.store_helpers import recorded_run

ENDINGS = [(verdict, Reason.NONE, HOSTILE) for verdict in Verdict]


def test_the_usual_files_or_those_chosen(mixed: RunView, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    names = ["report.html", "report.json", "junit.xml", "summary.md"]
    assert [path.name for path in write_report(mixed, out)] == names
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    (only,) = write_report(mixed, tmp_path / "one", ["junit"])
    assert [path.name for path in (tmp_path / "one").iterdir()] == [only.name] == ["junit.xml"]
    assert stat.S_IMODE(only.stat().st_mode) == stat.S_IMODE((tmp_path / "farm.db").stat().st_mode)


def test_a_failed_write_leaves_the_old_file(mixed: RunView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = write_report(mixed, tmp_path, ["md"])
    before = path.read_text()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("farm.report.files.open_atomically", full)
    with pytest.raises(FarmError, match="No space left"):
        write_report(mixed, tmp_path, ["md"])
    assert path.read_text() == before
    assert {each.name for each in tmp_path.glob("*.tmp")} == set()


def test_unknown_formats_and_unusable_directories(mixed: RunView, tmp_path: Path) -> None:
    with pytest.raises(FarmError, match=f"choose from {', '.join(FORMATS)}"):
        write_report(mixed, tmp_path / "out", ["json", "pdf"])
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(FarmError, match="--out"):
            make_directory(place)


@pytest.fixture
def every(store: Store) -> RunView:
    return store.view(recorded_run(store, ENDINGS))


def test_every_format_is_written(every: RunView, tmp_path: Path) -> None:
    written = write_report(every, tmp_path / "out", FORMATS)
    assert len(written) == len(FORMATS)
    for path in written:
        text = path.read_bytes().decode("utf-8")
        assert "\x1b" not in text
        assert "\x00" not in text
