from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from farm.cli import main
from farm.core.errors import ExitCode
from farm.core.verdicts import Reason, Verdict
from farm.report import usual_directory
from farm.store import Store
from tests.farm.store.former_store import CURRENT, FORMER, store_of_former_ids
from tests.farm.store_helpers import recorded_run


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Farm:
    return Farm(monkeypatch, capsys)


class Farm:
    """The `farm` command, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["farm", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), printed.out, printed.err


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


@pytest.fixture
def run_id(place: Path) -> str:
    with Store.open(place) as store:
        return recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.FAIL_WATCHER, Reason.NONE, "[b]x")])


def test_runs(farm: Farm, place: Path, run_id: str) -> None:
    code, out, _ = farm("runs", "--store", place)
    assert code == ExitCode.GOOD
    assert run_id in out
    assert "completed" in out
    code, out, _ = farm("runs", "--store", place, "--json")
    assert [(head["id"], head["planned"]) for head in json.loads(out)] == [(run_id, 2)]


def test_show(farm: Farm, place: Path, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_STORE", str(place))
    code, out, _ = farm("show", "last")
    assert code == ExitCode.GOOD
    assert "planned 2 = 1 validated + 1 fail_watcher" in out
    assert "[b]x" in out
    code, out, _ = farm("show", run_id, "--vector", "v1")
    assert json.loads(out)["verdict"] == "fail_watcher"
    assert json.loads(out)["payload"]["tag"] == "traced_call"


def test_both_ids_of_a_vector_show_it(farm: Farm, place: Path) -> None:
    with Store.open(place) as store:
        old, new, _ = store_of_former_ids(store)
    for run, vector in ((old, FORMER), (new, CURRENT)):
        for name in (FORMER.id, CURRENT.id):
            _, out, _ = farm("show", run, "--store", place, "--vector", name)
            assert json.loads(out)["vector_id"] == vector.id
    _, out, _ = farm("history", FORMER.id, "--store", place, "--json")
    assert [each["current_id"] for each in json.loads(out)["past"]] == [CURRENT.id] * 3 + [f"{CURRENT.id}-2"]


def test_report(farm: Farm, place: Path, run_id: str, tmp_path: Path) -> None:
    code, out, _ = farm("report", run_id[:-1], "--store", place, "--out", tmp_path / "out")
    assert code == ExitCode.GOOD
    assert [Path(line).name for line in out.splitlines()] == ["report.html", "report.json", "junit.xml", "summary.md"]
    assert all(Path(line).exists() for line in out.splitlines())
    _, out, _ = farm("report", "last", "--store", place, "--out", tmp_path / "md", "--format", "md")
    assert out.splitlines() == [str(tmp_path / "md" / "summary.md")]


def test_a_report_goes_to_the_folder_of_the_run_by_default_as_that_of_a_sweep_does(
    farm: Farm, place: Path, run_id: str
) -> None:
    code, out, _ = farm("report", "last", "--store", place, "--format", "md")
    assert (code, out) == (ExitCode.GOOD, f"{usual_directory(run_id) / 'summary.md'}\n")


def test_errors_are_one_line(farm: Farm, place: Path, run_id: str, tmp_path: Path) -> None:
    cases: list[tuple[tuple[object, ...], ExitCode]] = [
        (("runs", "--store", tmp_path / "none.db"), ExitCode.NOT_RUN),
        (("show", "nope", "--store", place), ExitCode.NOT_RUN),
        (("show", run_id, "--store", place, "--vector", "nope"), ExitCode.NOT_RUN),
        (("report", run_id, "--store", place, "--format", "pdf"), ExitCode.USAGE),
        (("report", run_id, "--store", place, "--out", place), ExitCode.USAGE),
    ]
    for words, expected in cases:
        code, out, err = farm(*words)
        assert (code, out) == (expected, ""), words
        assert err.startswith("farm: ")
        assert len(err.splitlines()) == 1
