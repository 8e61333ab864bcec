"""Right outputs pass, bent ones fail: on a mock board, with the numeric double."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.judging.operation_kinds import OperationKind as Kind
from tests.numeric.bendings import BENDINGS
from tests.numeric.samples import SAMPLES
from tests.numeric.table import Cell
from tracer.master.master import shipped

pytestmark = pytest.mark.ttnn
NOT_JUDGED = {
    Kind.RANDOM: "no golden can tell random numbers",
    Kind.OPTIMIZER: "ttnn's own goldens skip what they return",
    Kind.CONTROL: "no numbers come out",
    Kind.OTHER: "no operation of the supported versions is of it",
}
"""The kinds that the table has no row for, and why."""


def _program(*words: str) -> Any:
    """Run the program in a process of its own, since a process can open ttnn's device in one way only."""
    command = [sys.executable, "-m", "tests.numeric", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def programs() -> Iterator[Mapping[str, Future[Any]]]:
    """The two long programs, side by side."""
    with ThreadPoolExecutor(2) as pool:
        yield {
            "operations": pool.submit(_program, "operations", "--dtype", "BFLOAT16", "--dtype", "FLOAT32"),
            "bendings": pool.submit(_program, "bendings"),
        }


@pytest.fixture(scope="module")
def cells(programs: Mapping[str, Future[Any]]) -> dict[tuple[str, str], list[dict[str, str]]]:
    by_kind: dict[tuple[str, str], list[dict[str, str]]] = {}
    for entry in programs["bendings"].result():
        by_kind.setdefault((entry["kind"], entry["bending"]), []).append(entry)
    return by_kind


@pytest.mark.parametrize("kind", [each for each in Kind if each not in NOT_JUDGED], ids=lambda kind: kind.value)
def test_every_bending_beyond_the_bounds_is_caught_and_no_other(cells: Any, kind: Kind) -> None:
    rows = [entry for bending in BENDINGS for entry in cells[kind.value, bending]]
    wrong = [entry for entry in rows if Cell(entry["cell"]).bad]
    assert not wrong
    caught = {entry["bending"] for entry in rows if entry["cell"] == Cell.CAUGHT.value}
    assert {"twice", "zeroed", "one tile", "previous vector's output"} <= caught


def test_every_bending_is_caught_in_some_kind(cells: Any) -> None:
    caught = {bending for (_, bending), rows in cells.items() if any(row["cell"] == "caught" for row in rows)}
    assert caught == set(BENDINGS)
    assert len(BENDINGS) >= 20
    assert {sample.kind for sample in SAMPLES} == set(Kind) - set(NOT_JUDGED)


def test_what_is_wrong_is_said_where_it_is(cells: Any) -> None:
    def message(operation: str, bending: str) -> str:
        rows = [row for (_, name), each in cells.items() if name == bending for row in each]
        return next(str(row["why"]) for row in rows if row["operation"] == operation and row["cell"] == "caught")

    assert "NaN" in message("ttnn.relu", "NaN")
    assert "twice" in message("ttnn.relu", "twice")
    assert "chip 1" in message("ttnn.multiply", "one chip's part")


def test_right_numbers_of_the_shipped_master_pass() -> None:
    result = _program("masters", str(shipped()), "--smallest", "--seeds", "1")
    assert result["failures"] == []
    assert sum(row["count"] for row in result["counts"] if row["word"] == "pass") >= 45


def test_right_numbers_of_a_real_master_pass(shared_data: Path) -> None:
    result = _program("masters", str(shared_data / "master_n300_2025-11_v1.json"), "--smallest", "--seeds", "1")
    assert result["failures"] == []
    assert sum(row["count"] for row in result["counts"] if row["word"] == "pass") >= 14


def test_every_registered_operation_is_judged_rightly(programs: Mapping[str, Future[Any]]) -> None:
    rows = programs["operations"].result()
    assert [row for row in rows if row["bad"]] == []
    judged = [row for row in rows if row["unbent"] == "pass"]
    assert len(judged) >= 700
    assert len({row["operation"] for row in judged}) >= 380
    assert sum(row["twice"] == "caught" for row in judged) >= 0.95 * len(judged)
