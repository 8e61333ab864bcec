"""`farm upgrade`, `farm bisect` and their Python calls, with doubles in place of ttnn and installers."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import farm as farm_package
from farm.api import versions as api
from farm.core.errors import ExitCode, FarmError
from farm.core.verdicts import Verdict
from farm.planning.sweep_plan import plan_sweep
from farm.report.observation import Observation
from farm.versions import environments
from farm.versions.bisect import Judgement, bisect
from farm.versions.changes import Change
from farm.versions.environments import Environments
from farm.versions.fake_installer import FakeInstaller
from farm.versions.upgrade import Upgrade
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.versions.doubles import GOOD, REFUSED, RecordedRuns, no_signatures

VERSIONS = ["0.66.0", "0.70.0", "0.72.0", "0.75.0", "0.80.0", "0.81.1"]
SELECTION = ("--op", "add", "--boards", "mock:n300", "--limit", "3")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(environments, "pick_installer", lambda _helpers: FakeInstaller(VERSIONS))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> RecordedRuns:
    double = RecordedRuns()

    def rehearsal(made: Environments, _run: object, step: Any) -> Upgrade:
        return Upgrade(made, double, no_signatures, step)

    monkeypatch.setattr(api, "Upgrade", rehearsal)
    return double


def test_an_upgrade_prints_and_writes_its_report(
    farm: Farm,  # noqa: F811
    runs: RecordedRuns,
    tmp_path: Path,
) -> None:
    runs.endings = {"0.81.1": {0: REFUSED}}
    store, out = tmp_path / "farm.db", tmp_path / "out"
    words = ("upgrade", "--from", "0.66.0", "--to", "0.81.1", *SELECTION, "--store", store, "--out", out)
    code, printed, said = farm(*words)
    assert code == ExitCode.TEST_FAILED
    assert printed.startswith("From ttnn 0.66.0 to 0.81.1: 1 refused now, of 3 configurations.")
    assert "TT_FATAL: no such shard" in printed
    assert str(out / "upgrade.html") in printed.replace("\n", "")
    assert "installing ttnn 0.81.1 into an environment of its own, with fake" in said
    assert json.loads((out / "upgrade.json").read_text())["counts"]["refused_now"] == 1
    assert (out / "upgrade.html").is_file()
    assert runs.ran[0][1].startswith("farm upgrade --from 0.66.0")


def test_an_upgrade_that_breaks_nothing(farm: Farm, runs: RecordedRuns, tmp_path: Path) -> None:  # noqa: F811
    words = ("upgrade", "--from", "0.66.0", "--to", "0.81.1", *SELECTION, "--store", tmp_path / "farm.db", "--json")
    code, printed, _ = farm(*words)
    assert code == ExitCode.GOOD
    report = json.loads(printed)
    assert report["counts"]["accepted_by_both"] == 3
    assert (report["old"]["ttnn"], report["new"]["ttnn"]) == ("0.66.0", "0.81.1")


def test_a_stopped_upgrade(farm: Farm, runs: RecordedRuns, tmp_path: Path) -> None:  # noqa: F811
    from farm.store import Ended

    runs.ended = Ended.STOPPED
    words = ("upgrade", "--from", "0.66.0", "--to", "0.81.1", *SELECTION, "--store", tmp_path / "farm.db")
    code, printed, said = farm(*words)
    assert (code, printed) == (ExitCode.INTERRUPTED, "")
    [run] = farm_package.runs(tmp_path / "farm.db")
    store = f"--store {tmp_path / 'farm.db'}"
    assert said.endswith(f"farm: stopped; `farm show {run.id} {store}` shows how far this run got\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "0.66.0", "--to", "0.70.1"), "there is no ttnn 0.70.1: near it are 0.70.0 and 0.72.0"),
        (("--from", "0.66.0", "--to", "newest"), "--to newest: this is no version"),
        (("--from", "0.66.0", "--to", "0.66.0"), "are both 0.66.0"),
        (("--from", "0.66.0", "--to", "0.81.1", "--op", "no_such_operation"), "no_such_operation"),
        (("--from", "0.66.0", "--to", "0.81.1", "--limit", "0"), "--limit 0"),
        (("--from", "0.66.0", "--to", "0.81.1", "mean"), "did you mean --op mean"),
    ],
)
def test_a_wrong_upgrade_is_refused_in_one_line(
    farm: Farm,  # noqa: F811
    runs: RecordedRuns,
    tmp_path: Path,
    words: tuple[str, ...],
    message: str,
) -> None:
    ended, printed, said = farm("upgrade", *words, "--boards", "mock:n300", "--store", tmp_path / "farm.db")
    assert (ended, printed) == (ExitCode.USAGE, "")
    assert message in said.splitlines()[-1]
    assert said.splitlines()[-1].startswith("farm: ")
    assert not runs.ran
    assert not (tmp_path / "farm.db").exists()


def test_no_network(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(environments, "pick_installer", lambda _helpers: FakeInstaller(offline=True))
    words = ("upgrade", "--from", "0.66.0", "--to", "0.81.1", *SELECTION, "--store", tmp_path / "farm.db")
    code, printed, said = farm(*words)
    assert (code, printed) == (ExitCode.NOT_RUN, "")
    assert said.splitlines() == ["farm: the package index can't be asked for ttnn: connection refused"]


@pytest.mark.usefixtures("runs")
def test_an_upgrade_from_python(tmp_path: Path) -> None:
    report = farm_package.upgrade(
        "0.66.0", "0.81.1", ["add"], boards="mock:n300", limit=2, store=tmp_path / "farm.db", out=tmp_path / "out"
    )
    assert report.counts[Change.ACCEPTED_BY_BOTH] == 2
    assert (tmp_path / "out" / "upgrade.html").is_file()
    head, _ = farm_package.runs(tmp_path / "farm.db")
    assert head.command == "farm.upgrade('0.66.0', '0.81.1') (under ttnn 0.81.1)"


# bisections


@pytest.fixture
def vector() -> str:
    planned = plan_sweep(farm_package.SweepSpec.of(["add"], boards="mock:n300"))
    return next(vector.id for vector in planned.vectors if vector.unrunnable is None)


@pytest.fixture
def first_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration is refused from 0.80.0 on."""

    def run(_vector: object, _board: object, environment: environments.Environment, _seconds: float) -> Judgement:
        verdict, reason, message = REFUSED if environment.name in ("0.80.0", "0.81.1") else GOOD
        return Judgement(environment.name, Observation(verdict, reason, message))

    monkeypatch.setattr(api, "bisect_versions", partial(bisect, run=run))


@pytest.mark.usefixtures("first_bad")
def test_a_bisection_prints_its_steps_and_what_it_found(farm: Farm, vector: str) -> None:  # noqa: F811
    words = ("bisect", "--op", "add", "--vector", vector, "--boards", "mock:n300", "--from", "0.66.0", "--to", "0.81.1")
    code, printed, said = farm(*words)
    assert code == ExitCode.GOOD
    assert printed.startswith("0.80.0 is the first version with another verdict.\n")
    assert "farm: 0.75.0: validated" in said.splitlines()
    assert "farm: 0.80.0: fail_assert_exception (exception): TT_FATAL: no such shard" in said.splitlines()
    code, printed, _ = farm(*words, "--json")
    assert json.loads(printed)["first"] == ["0.80.0"]


@pytest.mark.usefixtures("first_bad")
def test_a_bisection_that_finds_no_change(farm: Farm, vector: str) -> None:  # noqa: F811
    words = ("bisect", "--op", "add", "--vector", vector, "--boards", "mock:n300", "--from", "0.66.0", "--to", "0.75.0")
    code, printed, _ = farm(*words)
    assert code == ExitCode.TEST_FAILED
    assert printed.startswith("No change of verdict")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name the versions in one way"),
        (("--from", "0.66.0"), "give both --from and --to"),
        (("--from", "0.81.1", "--to", "0.66.0"), "0.81.1 is not older than 0.66.0"),
        (("--from", "0.66.0", "--to", "0.81.1", "--python", sys.executable), "name the versions in one way"),
        (("--python", sys.executable), "name two or more"),
        (("--among", "a,b"), "--among needs --build: it names what that builds"),
        (("--build", "make", "--among", "a,b"), "has no {version}"),
    ],
)
def test_a_wrong_bisection_is_refused_in_one_line(
    farm: Farm,  # noqa: F811
    words: tuple[str, ...],
    message: str,
) -> None:
    code, printed, said = farm("bisect", "--op", "add", "--boards", "mock:n300", *words)
    assert (code, printed) == (ExitCode.USAGE, "")
    assert message in said.splitlines()[-1]


@pytest.mark.usefixtures("first_bad")
def test_a_bisection_from_python(vector: str) -> None:
    found = farm_package.bisect(["add"], vectors=[vector], boards="mock:n300", old="0.66.0", new="0.81.1", by="message")
    assert found.first == ["0.80.0"]
    assert found.after is not None
    assert found.after.verdict is Verdict.FAIL_ASSERT_EXCEPTION
    with pytest.raises(FarmError, match="by='words': choose from verdict, output, message"):
        farm_package.bisect(["add"], old="0.66.0", new="0.81.1", by="words")
