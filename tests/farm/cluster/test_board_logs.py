"""The last lines of boards' logs are read where the boards are."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.cluster.board_logs import read_logs
from farm.core.log import BoardLogFile
from tests.farm.clusters import cluster_of

HERE, QUIET = fake_boards(KINDS["n300"], 2)
ELSEWHERE = replace(HERE, id="away:fake:n300:0", host="away")


@pytest.fixture(autouse=True)
def _logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for board in (HERE, ELSEWHERE):
        file = BoardLogFile("run-1", board.id)
        logging.getLogger("farm.board").info("%s started", board.id)
        file.close()


def test_boards_of_this_host_are_read_without_ray() -> None:
    logs = read_logs("run-1", [HERE, QUIET, ELSEWHERE], remote=False)
    assert list(logs) == [HERE.id], "a board without a log has none"
    assert logs[HERE.id].tail.endswith("fake:n300:0 started")


def test_a_farm_that_does_not_answer_costs_only_its_logs(caplog: pytest.LogCaptureFixture) -> None:
    logs = read_logs("run-1", [HERE, ELSEWHERE])
    assert list(logs) == [HERE.id]
    assert "no logs of the farm's boards" in caplog.text


@pytest.mark.ray
def test_a_host_that_left_the_farm_has_no_logs() -> None:
    with cluster_of(1):
        assert list(read_logs("run-1", [HERE, ELSEWHERE])) == [HERE.id]
