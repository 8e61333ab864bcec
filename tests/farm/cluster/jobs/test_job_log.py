"""Jobs in the head's log of actions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from farm.cluster.jobs.job_log import DOOR_PERSON, SUBMITTER, JobLog, JobOrigin, job_origin
from farm.cluster.registry.action_log import FILE, ActionLog


def environment(metadata: object) -> dict[str, str]:
    return {"RAY_JOB_CONFIG_JSON_ENV_VAR": json.dumps({"runtime_env": {}, "metadata": metadata})}


def origin(**metadata: str) -> JobOrigin | None:
    return job_origin(environment({"job_submission_id": "farm-1", "job_name": "farm-1", **metadata}))


def test_a_job_and_its_stop_are_logged_with_who_submitted_it(tmp_path: Path) -> None:
    submitted = origin(**{SUBMITTER: "ann@laptop"})
    assert submitted is not None
    words = ["sweep", "--store", "postgresql://ann:hunter22@db/farm"]
    log = JobLog(tmp_path, submitted, words, unix_clock=lambda: 5.0)
    log.stopped()
    log.stopped()
    job, stop = ActionLog(tmp_path / FILE).last(10)
    assert (job.at, job.who, job.action.value, job.name) == (5.0, "ann@laptop", "job", "farm-1")
    assert job.detail.startswith("farm sweep --store 'postgresql://ann:")
    assert "hunter22" not in job.detail
    assert (stop.who, stop.action.value, stop.name) == ("ann@laptop", "job stopped", "farm-1")


def test_a_job_of_the_door_has_the_person_whom_the_door_knew() -> None:
    of_door, direct = origin(**{SUBMITTER: "ann", DOOR_PERSON: "ann"}), origin(**{SUBMITTER: "ann"})
    assert of_door is not None
    assert direct is not None
    assert (of_door.person, direct.person) == ("ann", "")


def test_a_job_of_rays_own_command_names_nobody() -> None:
    plain = origin()
    assert plain is not None
    assert (plain.id, plain.who) == ("farm-1", "unknown")


@pytest.mark.parametrize("variables", [{}, environment(None), environment({}), {"RAY_JOB_CONFIG_JSON_ENV_VAR": "{"}])
def test_a_command_that_is_no_job_has_no_origin(variables: dict[str, str]) -> None:
    assert job_origin(variables) is None
