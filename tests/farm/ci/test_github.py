"""The matrix, annotations and the job summary; the workflows that are shipped as examples."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from farm.ci.github import MAX_ANNOTATIONS, MAX_JOBS, add_summary, annotation_lines, matrix
from farm.core.errors import ExitCode, FarmError
from farm.core.shard import Shard
from farm.core.verdicts import Reason, Verdict
from farm.planning.runners import RunnerPlan
from farm.planning.shards import share_of
from farm.report.context import RunContext
from farm.store import Store
from tests.command_line import assert_exists
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.running.driver_helpers import vector
from tests.farm.store_helpers import recorded_run

DEPLOY = Path(__file__).parents[3] / "deploy"


WHOLE = [vector(f"v{at}") for at in range(600)]


def runner(boards: str, seconds: Sequence[float], count: int = 1, *, runnable: int | None = None) -> RunnerPlan:
    return RunnerPlan(boards, count, seconds, len(seconds) if runnable is None else runnable, timed=0)


@given(st.integers(1, 600), st.floats(0.01, 100), st.floats(0.01, 60), st.integers(1, MAX_JOBS))
def test_no_job_is_empty_and_their_number_is_limited(count: int, seconds: float, minutes: float, most: int) -> None:
    result = matrix([runner("mock:n300", [seconds] * count)], minutes, most)
    jobs = result.jobs
    assert 1 <= len(jobs) <= most
    assert all(job.vectors >= 1 for job in jobs)
    assert sum(job.vectors for job in jobs) == count
    assert [job.shard for job in jobs] == [f"{at}/{len(jobs)}" for at in range(1, len(jobs) + 1)]
    shares = [share_of(WHOLE[:count], Shard.parse(job.shard)) for job in jobs]
    assert sorted(each.id for share in shares for each in share) == sorted(each.id for each in WHOLE[:count])
    assert [len(share) for share in shares] == [job.vectors for job in jobs]
    if len(jobs) < min(0.8 * most, count):  # near the most, jobs get longer by steps
        assert seconds * count / len(jobs) <= minutes * 60 * 1.000001


def test_the_estimates_decide_how_many_jobs() -> None:
    def jobs(seconds: float, boards: int = 1) -> int:
        return len(matrix([runner("a", [seconds] * 100, boards)], 1.0).jobs)

    assert (jobs(0.1), jobs(6.0), jobs(6.0, boards=2)) == (1, 10, 5)
    alternating = [runner("a", [60.0, 1.0] * 30)]
    assert [job.minutes for job in matrix(alternating, 16, 2).jobs] == [30.0, 0.5], "each job's own vectors are summed"
    assert [job.minutes for job in matrix(alternating, 16).jobs] == [10.17] * 3, "a third job keeps all to the budget"


def test_a_limit_that_makes_jobs_longer_is_said() -> None:
    result = matrix([runner("silicon:n300", [60.0] * 3000)], 5)
    assert len(result.jobs) <= MAX_JOBS
    assert result.notes[0].startswith(f"silicon:n300: {len(result.jobs)} jobs of up to about 12 min, 3000 vectors")
    needed = "600 jobs of 5 min would be needed and GitHub takes 256"
    assert result.notes[1].startswith(f"{needed}: the longest takes about 12")
    assert "--jobs allows 2" in matrix([runner("a", [60.0] * 9)], 1, 2).notes[-1]


def test_boards_that_can_run_nothing_get_no_job() -> None:
    able, unable = runner("able", [1.0] * 3), runner("unable", [0.0] * 3, runnable=0)
    result = matrix([able, unable], 30)
    assert {job.boards for job in result.jobs} == {"able"}
    assert "no vector can run on unable: no job for it" in result.notes
    assert matrix([unable], 30).as_json() == {"include": []}
    with pytest.raises(FarmError, match="name fewer"):
        matrix([runner(f"lane{at}", [1.0]) for at in range(3)], 30, 2)


def test_matrix_command(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    lanes = ("--boards", "fake:n300*2", "--boards", "fake:p150", "--boards", "silicon:n150")
    code, out, err = farm("ci", "matrix", *lanes, "--minutes", 0.5, "--store", tmp_path / "no.db")
    assert code == ExitCode.GOOD
    assert "no history" in err
    include = json.loads(out)["include"]
    lines = {entry["boards"] for entry in include}
    assert {"fake:n300*2", "silicon:n150"} <= lines
    assert re.search(r"fake:n300\*2: \d+ jobs of up to about 0\.\d+ min, \d+ vectors", err)
    assert ("fake:p150" in lines) != ("no vector can run on fake:p150" in err)
    assert all(set(entry) == {"name", "boards", "shard", "vectors", "minutes"} for entry in include)


def test_planning_needs_no_boards(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def looked(*_: object) -> None:
        raise AssertionError("a board was looked for")

    monkeypatch.setattr("farm.board.backends.silicon.pci_devices", looked)
    words = ("ci", "matrix", "--op", "add", "--store", tmp_path / "no.db")
    code, out, err = farm(*words, "--suite", "model_traced", "--boards", "silicon:n300*2,sim:n150")
    assert code == ExitCode.GOOD, err
    assert {entry["boards"] for entry in json.loads(out)["include"]} == {"silicon:n300*2,sim:n150"}
    monkeypatch.setattr("farm.board.backends.silicon.pci_devices", lambda *_: [])
    code, _, err = farm(*words, "--boards", "silicon")
    assert code == ExitCode.USAGE
    assert "name the kind that runners have, such as silicon:n300" in err


def test_an_empty_matrix_is_a_matrix(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    words = ("ci", "matrix", "--boards", "silicon:n150", "--store", tmp_path / "no.db")
    code, out, err = farm(*words, "--op", "all_gather")  # of several chips
    assert (code, json.loads(out)) == (ExitCode.NOTHING_SELECTED, {"include": []}), err
    assert "no vector can run on silicon:n150" in err


def test_jobs_are_planned_for_what_models_of_a_tag_use(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    words = ("ci", "matrix", "--boards", "silicon:n300", "--op", "add", "--store", tmp_path / "no.db")
    [whole], [part] = (json.loads(farm(*words, *tag)[1])["include"] for tag in ((), ("--tag", "lead")))
    assert 0 < part["vectors"] < whole["vectors"]
    code, out, err = farm(*words, "--tag", "led")
    assert (code, json.loads(out)) == (ExitCode.NOTHING_SELECTED, {"include": []})
    assert re.search("--tag led: no model in .* has this tag; tags are .*lead", err)


def test_each_annotation_stays_one_line(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        view = store.view(recorded_run(store, [(Verdict.FAIL_WATCHER, Reason.NONE, f"{HOSTILE}\n::error::x\r\n100%")]))
    lines = annotation_lines(view)
    assert len(lines) == 2
    assert all(re.fullmatch(r"::(error|warning|notice) title=[^:,\r\n]*::[^\r\n]*", line) for line in lines)
    assert "%0A::error::x" in lines[0]
    assert "100%25" in lines[0]


def test_annotate_command(farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the fixture
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    with Store.open(tmp_path / "farm.db") as store:
        large_run(store, 100, broken=frozenset({"ttnn.conv2d"}))
    code, out, _ = farm("ci", "annotate", "last", "--store", tmp_path / "farm.db")
    assert code == ExitCode.GOOD
    assert 1 <= out.count("::error title=") <= MAX_ANNOTATIONS
    assert " of 100 vectors " in summary.read_text(encoding="utf-8").splitlines()[0]


def test_a_job_summary_never_grows_beyond_its_limit(tmp_path: Path) -> None:
    place = tmp_path / "summary.md"
    place.write_text("x" * (1024 * 1024 - 30_000))
    with Store.open(tmp_path / "farm.db") as store:
        view = store.view(recorded_run(store, [(Verdict.FAIL_WATCHER, Reason.NONE, "y" * 4000)] * 20))
    add_summary(view, RunContext(), place)
    assert place.stat().st_size < 1024 * 1024


def workflow(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def commands_of(text: str) -> list[list[str]]:
    """Every `farm ...` in a workflow, as words, without what only a shell makes of them."""
    joined = text.replace("\\\n", " ")
    return [line.split() for line in re.findall(r"\bfarm ((?:sweep|merge|ci|submit|compare) [^\n|>&]*)", joined)]


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("git*/*.yml")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_workflows_use_commands_and_options_that_exist(path: Path) -> None:
    workflow(path)
    commands = commands_of(path.read_text(encoding="utf-8"))
    assert {words[0] for words in commands} >= {"sweep", "merge", "ci"}
    for words in commands:
        assert_exists(words)


@pytest.mark.parametrize(
    ("printed", "code", "status", "jobs"),
    [
        ('{"include": [{"boards": "silicon:n300", "shard": "1/1"}]}', 0, 0, "1"),
        ('{"include": []}', 4, 0, "0"),
        ("", 2, 2, None),
    ],
)
def test_the_workflow_reads_every_matrix(
    tmp_path: Path, printed: str, code: int, status: int, jobs: str | None
) -> None:
    """The step ends well, but for an error, and says how many jobs there are: GitHub refuses a matrix of none."""
    if shutil.which("jq") is None:
        pytest.skip("no jq, which GitHub's runners have")
    stub = tmp_path / "farm"
    stub.write_text(f"#!/bin/sh\necho \"$@\" > '{tmp_path}/words'\necho '{printed}'\nexit {code}\n")
    stub.chmod(0o755)
    file = workflow(DEPLOY / "github" / "sweep.yml")
    plan = file["jobs"]["plan"]
    step = next(step for step in plan["steps"] if step.get("id") == "matrix")
    output = tmp_path / "output"
    output.touch()
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(output), "MINUTES": "30"}
    words = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    ended = subprocess.run(words, env={**file["env"], **environment}, capture_output=True, check=False, timeout=60)
    assert ended.returncode == status
    assert file["jobs"]["sweep"]["if"] == "needs.plan.outputs.jobs != '0'"
    lines = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
    assert lines == ({} if jobs is None else {"matrix": printed, "jobs": jobs})
    assert set(lines) <= set(plan["outputs"])
    assert "silicon:p150 --minutes 30 --store history.db" in (tmp_path / "words").read_text(encoding="utf-8")
