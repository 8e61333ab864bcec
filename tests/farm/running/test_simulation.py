"""`farm simulate`: jobs on a simulated clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.core.errors import FarmError
from farm.running.simulation import Distribution, simulated_boards, without_estimates
from tracer.master.master import shipped


def simulated(*arguments: str) -> dict[str, float]:
    result = CliRunner().invoke(app, ["simulate", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    figures: dict[str, float] = json.loads(result.output)
    return figures


def test_a_distribution_is_scheduled_on_many_boards() -> None:
    figures = simulated("--boards", "n300*20,t3000*4", "--vectors", "2000", "--seed", "3")
    assert (figures["boards"], figures["vectors"], figures["attempts"]) == (24, 2000, 2000)
    assert 1.0 <= figures["over_lower_bound"] < 1.2
    assert figures == simulated("--boards", "n300*20,t3000*4", "--vectors", "2000", "--seed", "3") | {
        "simulated_in": figures["simulated_in"]
    }


def test_crashes_are_retried() -> None:
    assert simulated("--vectors", "500", "--faults", "0.1", "--unknown")["attempts"] > 530


def test_vectors_of_a_master_need_no_earlier_run(tmp_path: Path) -> None:
    figures = simulated("--master", str(shipped()), "--vectors", "700", "--store", str(tmp_path / "none.db"))
    assert figures["vectors"] == 700
    assert not (tmp_path / "none.db").exists()


def test_simulated_boards_are_listed_by_kind_and_count() -> None:
    boards = simulated_boards("n300*2,mock:t3k")
    assert [kind for _, kind in boards] == ["n300", "n300", "t3000"]
    assert len(dict(boards)) == 3
    for wrong in ("n300*0", "n300*x", "n400", ""):
        with pytest.raises(FarmError):
            simulated_boards(wrong)


def test_jobs_without_estimates_are_guesses() -> None:
    jobs = Distribution().jobs(50, ["n300"], seed=1)
    assert {job.task.cost for job in without_estimates(jobs)} == {0.02}
    assert [job.seconds for job in without_estimates(jobs)] == [job.seconds for job in jobs]


def test_one_vector_on_one_board_is_in_the_singular() -> None:
    printed = CliRunner().invoke(app, ["simulate", "--boards", "n300", "--vectors", "1"], catch_exceptions=False).stdout
    assert printed.startswith("1 vector on 1 board, simulated in ")
    assert printed.endswith("  1 attempt in 1 batch; boards were opened 1 time\n")
