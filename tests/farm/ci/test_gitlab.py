"""What GitLab gets: findings that stay the same while a failure does, and links to pages that are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.ci.gitlab import LINKS, QUALITY, quality
from farm.core.errors import ExitCode
from farm.core.verdicts import Reason, Verdict
from farm.report import write_report
from farm.store import Store
from tests.farm.cli.test_report import Farm, farm  # noqa: F401 - a fixture
from tests.farm.large_run import HOSTILE
from tests.farm.store_helpers import recorded_run

JOB = "https://gitlab.example/team/models/-/jobs/7"
ENDINGS = [
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.NONE, "PCC 0.98 is too low at 0x1234"),
    (Verdict.FAIL_CRASH_HANG, Reason.NONE, HOSTILE),
    (Verdict.BOARD_FAULT, Reason.NONE, "no answer"),
    (Verdict.VALIDATED, Reason.NONE, ""),
]


def test_a_job_writes_gitlab_its_reports(
    farm: Farm,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_JOB_URL", JOB)
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    with Store.open(tmp_path / "farm.db") as store:
        view = store.view(recorded_run(store, ENDINGS))
    write_report(view, tmp_path / "out")
    code, out, _ = farm("ci", "annotate", "--all", "--store", tmp_path / "farm.db", "--out", tmp_path / "out")
    assert (code, "::error" in out) == (ExitCode.GOOD, False)
    findings = json.loads((tmp_path / "out" / QUALITY).read_text())
    assert [each["severity"] for each in findings] == ["major", "critical", "info"]
    for each in findings:
        assert set(each) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert each["description"].isprintable()
        assert each["location"] == {"path": "master.json", "lines": {"begin": 1}}
    assert len({each["fingerprint"] for each in findings}) == len(findings)
    [link] = json.loads((tmp_path / "out" / LINKS).read_text())["farm"]
    assert link["external_link"]["url"] == f"{JOB}/artifacts/file/out/report.html"
    assert " of 4 vectors " in link["external_link"]["label"]


def test_a_finding_keeps_its_fingerprint_while_the_failure_stays(tmp_path: Path) -> None:
    def marks(message: str) -> set[str]:
        view = store.view(recorded_run(store, [(Verdict.FAIL_ASSERT_EXCEPTION, Reason.NONE, message)]))
        return {each["fingerprint"] for each in quality([view], tmp_path)}

    with Store.open(tmp_path / "farm.db") as store:
        first = marks("address 0x7f001234 is not aligned")
        assert marks("address 0x7f00ffff is not aligned") == first
        assert marks("it does not fit") != first
        views = [store.view(head.id) for head in store.runs()]
        assert len(quality(views, tmp_path)) == 2
