"""`farm simulate` and `farm sweep --dry-run`: plans that are printed, not run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.cli import app
from farm.core.errors import FarmError
from farm.core.verdicts import Reason
from farm.planning.estimates import Estimates
from farm.planning.forecast import forecast
from farm.running.simulation import Distribution, simulated_boards, without_estimates
from scheduler.costs import SetupCosts
from tests.farm.running.driver_helpers import ONE, TWO, vector
from tracer.master.master import shipped


def simulated(*arguments: str) -> dict[str, float]:
    result = CliRunner().invoke(app, ["simulate", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    figures: dict[str, float] = json.loads(result.output)
    return figures


def test_a_distribution_on_many_boards() -> None:
    figures = simulated("--boards", "n300*20,t3000*4", "--vectors", "2000", "--seed", "3")
    assert (figures["boards"], figures["vectors"], figures["attempts"]) == (24, 2000, 2000)
    assert 1.0 <= figures["over_lower_bound"] < 1.2
    assert figures == simulated("--boards", "n300*20,t3000*4", "--vectors", "2000", "--seed", "3") | {
        "simulated_in": figures["simulated_in"]
    }


def test_crashes_are_tried_again() -> None:
    assert simulated("--vectors", "500", "--faults", "0.1", "--unknown")["attempts"] > 530


def test_a_master_whose_vectors_never_ran(tmp_path: Path) -> None:
    figures = simulated("--master", str(shipped()), "--vectors", "700", "--store", str(tmp_path / "none.db"))
    assert figures["vectors"] == 700
    assert not (tmp_path / "none.db").exists()


def test_boards() -> None:
    boards = simulated_boards("n300*2,mock:t3k")
    assert [kind for _, kind in boards] == ["n300", "n300", "t3000"]
    assert len(dict(boards)) == 3
    for wrong in ("n300*0", "n300*x", "n400", ""):
        with pytest.raises(FarmError):
            simulated_boards(wrong)


def test_jobs_without_estimates_are_guesses() -> None:
    jobs = Distribution().jobs(50, ["n300"], seed=1)
    assert {job.work.cost for job in without_estimates(jobs)} == {0.02}
    assert [job.seconds for job in without_estimates(jobs)] == [job.seconds for job in jobs]


def test_a_plan_accounts_for_every_vector() -> None:
    boards = [*fake_boards(KINDS["n300"], 2), *fake_boards(KINDS["n150"], 1)]
    vectors = [
        *(vector(f"a{n}", ONE, kinds=("n300", "n150"), seconds=1.0) for n in range(30)),
        *(vector(f"b{n}", TWO, seconds=2.0) for n in range(10)),
        vector("large", kinds=("galaxy",)),
        vector("bad", unrunnable=(Reason.BROKEN_CONFIGURATION, "no shape")),
    ]
    plan = forecast(vectors, boards, Estimates(SetupCosts(switch=1.0)))
    assert plan.not_run == {"broken_configuration": 1, "unsatisfiable": 1}
    assert [(group.vectors, group.seconds, group.boards) for group in plan.groups] == [(30, 30.0, 3), (10, 20.0, 2)]
    assert sum(plan.boards.values()) == 40
    assert plan.lower_bound_seconds <= plan.expected_seconds < 1.2 * plan.lower_bound_seconds
    assert sum(group.vectors for group in plan.groups) + sum(plan.not_run.values()) == plan.planned
    assert "40 vectors on 3 boards, opened in 2 ways" in "\n".join(plan.lines())


def test_a_dry_run_prints_the_plan_and_runs_nothing(tmp_path: Path) -> None:
    store = tmp_path / "farm.db"
    command = ["sweep", "--suite", "model_traced", "--op", "add", "--boards", "fake:t3000*2", "--store", str(store)]
    result = CliRunner().invoke(app, [*command, "--dry-run", "--json"], catch_exceptions=False)
    plan = json.loads(result.output)
    able = sum(count for _, _, count in plan["operations"])
    assert plan["planned"] == able + plan["not_run"].get("unsatisfiable", 0)
    assert able
    assert set(plan["boards"]) == {"fake:t3000:0", "fake:t3000:1"}
    assert not store.exists()
