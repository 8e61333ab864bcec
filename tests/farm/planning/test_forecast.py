"""Forecasts of plans, and `farm sweep --dry-run`, which prints one and runs nothing."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.cli import app
from farm.core.verdicts import Reason
from farm.planning.estimates import Estimates
from farm.planning.forecast import forecast
from farm.planning.unrunnable import Unrunnable
from scheduler.costs import SetupCosts
from tests.farm.running.driver_helpers import ONE, TWO, vector


def test_a_forecast_accounts_for_every_vector() -> None:
    boards = [*fake_boards(KINDS["n300"], 2), *fake_boards(KINDS["n150"], 1)]
    vectors = [
        *(vector(f"a{n}", ONE, kinds=("n300", "n150"), seconds=1.0) for n in range(30)),
        *(vector(f"b{n}", TWO, seconds=2.0) for n in range(10)),
        vector("large", kinds=("galaxy",)),
        vector("bad", unrunnable=Unrunnable(Reason.BROKEN_CONFIGURATION, "no shape")),
    ]
    plan = forecast(vectors, boards, Estimates(SetupCosts(switch=1.0)))
    assert plan.not_run == {"broken_configuration": 1, "unsatisfiable": 1}
    assert plan.messages == {"unsatisfiable": {"no board here is a galaxy": 1}, "broken_configuration": {"no shape": 1}}
    assert [(group.vectors, group.seconds, group.boards) for group in plan.groups] == [(30, 30.0, 3), (10, 20.0, 2)]
    assert sum(plan.boards.values()) == 40
    assert plan.lower_bound_seconds <= plan.expected_seconds < 1.2 * plan.lower_bound_seconds
    assert sum(group.vectors for group in plan.groups) + sum(plan.not_run.values()) == plan.planned
    lines = list(plan.lines())
    assert lines[lines.index("       1  will not run: broken_configuration") + 1] == "             1  no shape"
    assert "40 vectors on 3 boards, opened in 2 ways" in "\n".join(lines)


def test_a_dry_run_prints_the_plan_and_runs_nothing(tmp_path: Path) -> None:
    store = tmp_path / "farm.db"
    command = ["sweep", "--suite", "model_traced", "--op", "add", "--boards", "fake:t3000*2", "--store", str(store)]
    result = CliRunner().invoke(app, [*command, "--dry-run", "--json"], catch_exceptions=False)
    plan = json.loads(result.output)
    runnable = sum(count for _, _, count in plan["operations"])
    assert plan["planned"] == runnable + plan["not_run"].get("unsatisfiable", 0)
    assert runnable
    assert set(plan["boards"]) == {"fake:t3000:0", "fake:t3000:1"}
    assert not store.exists()
