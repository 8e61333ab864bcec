"""The matrix, annotations and the job summary; the workflows that are shipped as examples."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from farm.ci.github import MAX_ANNOTATIONS, MAX_JOBS, add_summary, annotation_lines, durations, matrix
from farm.core.errors import ExitCode, FarmError, NothingSelected
from farm.core.verdicts import Reason, Verdict
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from farm.report.context import RunContext
from farm.store import Store
from tests.command_line import assert_exists
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.large_run import HOSTILE, large_run
from tests.farm.running.driver_helpers import vector
from tests.farm.store_helpers import recorded_run

DEPLOY = Path(__file__).parents[3] / "deploy"
UNABLE = Unrunnable(Reason.UNSATISFIABLE, "no board here")


def vectors(count: int, **more: object) -> list[Vector]:
    return [vector(f"v{at}", **more) for at in range(count)]  # type: ignore[arg-type]


@given(st.integers(1, 600), st.floats(0.01, 100), st.floats(0.01, 60), st.integers(1, MAX_JOBS))
def test_no_job_is_empty_and_their_number_is_limited(count: int, seconds: float, minutes: float, most: int) -> None:
    usual_seconds = {f"v{at}": seconds for at in range(count)}
    jobs = matrix({"mock:n300": vectors(count)}, usual_seconds, minutes, {"mock:n300": 1}, most)
    assert 1 <= len(jobs) <= most
    assert all(job.vectors >= 1 for job in jobs)
    assert sum(job.vectors for job in jobs) == count
    assert [job.shard for job in jobs] == [f"{at}/{len(jobs)}" for at in range(1, len(jobs) + 1)]
    if len(jobs) < min(0.8 * most, count):  # near the most, jobs get longer by steps
        assert seconds * count / len(jobs) <= minutes * 60 * 1.000001


def test_history_decides_how_many_jobs() -> None:
    def jobs(seconds: float, boards: int = 1) -> int:
        usual_seconds = {f"v{at}": seconds for at in range(50)}  # the other half gets their median
        return len(matrix({"a": vectors(100)}, usual_seconds, 1.0, {"a": boards}))

    assert (jobs(0.1), jobs(6.0), jobs(6.0, boards=2)) == (1, 10, 5)


def test_boards_that_can_run_nothing_get_no_job() -> None:
    lanes = {"able": vectors(3), "unable": vectors(3, unrunnable=UNABLE)}
    assert {job.boards for job in matrix(lanes, {}, 30, {"able": 1, "unable": 1})} == {"able"}
    with pytest.raises(NothingSelected):
        matrix({"unable": lanes["unable"]}, {}, 30, {"unable": 1})
    with pytest.raises(FarmError, match="name fewer"):
        matrix({f"lane{at}": vectors(1) for at in range(3)}, {}, 30, {f"lane{at}": 1 for at in range(3)}, 2)


def test_matrix_command(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    code, out, err = farm(
        "ci",
        "matrix",
        "--boards",
        "fake:n300*2",
        "--boards",
        "fake:p150",
        "--minutes",
        0.5,
        "--store",
        tmp_path / "no.db",
    )
    assert code == ExitCode.GOOD
    assert "no history" in err
    include = json.loads(out)["include"]
    lanes = {entry["boards"] for entry in include}
    assert "fake:n300*2" in lanes
    assert ("fake:p150" in lanes) != ("no vector can run on fake:p150" in err)
    assert all(set(entry) == {"name", "boards", "shard", "vectors", "minutes"} for entry in include)


def test_planning_for_silicon_needs_none(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    code, out, err = farm("ci", "matrix", "--boards", "silicon:n300*2", "--op", "add", "--store", tmp_path / "no.db")
    assert code == ExitCode.GOOD, err
    assert {entry["boards"] for entry in json.loads(out)["include"]} == {"silicon:n300*2"}


def test_jobs_are_planned_for_what_models_of_a_tag_use(farm: Farm, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    words = ("ci", "matrix", "--boards", "silicon:n300", "--op", "add", "--store", tmp_path / "no.db")
    [whole], [part] = (json.loads(farm(*words, *tag)[1])["include"] for tag in ((), ("--tag", "lead")))
    assert 0 < part["vectors"] < whole["vectors"]
    code, _, err = farm(*words, "--tag", "led")
    assert code == ExitCode.NOTHING_SELECTED
    assert re.search("--tag led: no model in .* has this tag; tags are .*lead", err)


def test_durations_are_the_usual_ones(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.NOT_RUN, Reason.STOPPED, "")])
        assert durations(store.past_vectors([run_id])) == {"v0": 0.5}


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
