"""`farm vectors`, and `farm sweep` of sweep modules, as commands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from farm.cli import app
from farm.core.errors import FarmError
from tests.farm.sweeps.small_master import ADDS, SIGMOIDS, write_small_master

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

MODULES = Path(__file__).parents[2] / "sweep_modules"
BROKEN = "import nowhere_to_be_found\nparameters = {}\n"


def farm(*words: str | Path) -> Result:
    """A command in this process; its errors are raised."""
    return CliRunner().invoke(app, [*map(str, words)], catch_exceptions=False)


def command(*words: str | Path, here: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=here, input=typed, capture_output=True, text=True, check=False
    )


def test_vectors_are_counted_written_and_read_back(tmp_path: Path) -> None:
    dump = tmp_path / "vectors.jsonl"
    written = farm("vectors", "--sweeps", MODULES, "--module", "contract.i*,contract.unwritten", "--out", dump)
    assert written.exit_code == 0
    assert written.stdout.split("\n")[-2].split() == ["12", "vectors", "in", str(dump)]
    listed = [json.loads(line) for line in farm("vectors", "--from", dump, "--json").stdout.splitlines()]
    assert len(listed) == 12
    assert {vector["module"] for vector in listed} == {"contract.invalidate", "contract.unwritten"}
    assert [vector["invalid"] for vector in listed if "invalid" in vector] == ["bfloat8_b needs tiles"]


def test_vectors_of_the_models_of_a_tag(tmp_path: Path) -> None:
    done = farm(
        "vectors", "--sweeps", MODULES, "--module", "eltwise.binary.add,eltwise.ternary", "--tag", "vision", "--count"
    )
    assert done.exit_code == 0
    assert [line for line in done.stderr.splitlines() if "farm's loader stands in" not in line] == []
    lines = [line.split() for line in done.stdout.splitlines()]
    adds = int(farm("ops", "ttnn.add", "--tag", "vision").stdout.split()[1])
    assert [(int(line[0]), *line[1:]) for line in lines] == [
        (adds, "eltwise.binary.add.add", "model_traced"),
        (adds, "eltwise.binary.add.add_model_traced", "model_traced"),
        (2 * adds, "vectors"),
    ]


def test_a_module_that_does_not_import_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    done = farm("vectors", "--sweeps", tmp_path / "broken.py")
    assert done.exit_code == 1
    assert "farm: broken does not import: ModuleNotFoundError" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["sweep"], 2, "give --suite model_traced"),
        (["sweep", "--module", "relu"], 2, "name a checkout with --tt-metal"),
        (
            ["sweep", "--sweeps", MODULES, "--op", "add"],
            2,
            "--op and --sweeps can't be combined: it is for --suite model_traced",
        ),
        (["sweep", "--sweeps", MODULES, "--module", "contract.fixtur"], 4, "nearest: contract.fixture"),
        (
            ["sweep", "--vectors", MODULES / "README.md"],
            2,
            "README.md is neither a file that `farm vectors --out` wrote nor a vector",
        ),
        (["vectors", "--from", "nowhere.jsonl"], 2, "nowhere.jsonl can't be read"),
        (
            ["vectors", "--from", MODULES, "--sweeps", MODULES],
            2,
            "has no export of vectors (*.json) in it: export it again",
        ),
        (["sweep", "--vectors", MODULES], 2, "no sweep modules here: name a checkout with --tt-metal"),
        (
            ["vectors", "--sweeps", MODULES, "--module", "contract.xfail", "--suite", "none"],
            4,
            "no module has a suite 'none'",
        ),
    ],
    ids=str,
)
def test_wrong_options_are_refused_in_one_line(
    words: list[str | Path], code: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FarmError, match=re.escape(text)) as raised:
        farm(*words, "--boards", "mock:n300")
    assert raised.value.exit_code == code
    assert len(str(raised.value).splitlines()) == 1


def test_a_dry_run_prints_the_plan() -> None:
    done = farm(
        *("sweep", "--sweeps", MODULES, "--module", "eltwise.ternary,contract.invalidate", "--dry-run"),
        *("--sample", "6", "--seed", "1", "--boards", "mock:n300*2"),
    )
    planned = [int(line.split()[0]) for line in done.stdout.splitlines() if "contract" in line or "eltwise" in line]
    invalid = [int(line.split()[0]) for line in done.stdout.splitlines() if "invalid_vector" in line]
    assert sum(planned + invalid) == 6
    assert "opened in 1 way: about " in done.stdout


def test_one_vector_in_the_foreground(tmp_path: Path) -> None:
    words = ("--sweeps", MODULES, "--module", "contract.outcomes", "--boards", "mock:n300")
    listed = map(json.loads, farm("vectors", *words, "--json").stdout.splitlines())
    vector_id = next(vector["hash"][:16] for vector in listed if vector["values"]["way"] == "assertion")
    done = command(
        "farm", "sweep", *words, "--vector", vector_id, "--foreground", "--pdb", here=tmp_path, typed="p way\nq\n"
    )
    assert done.returncode == 1
    assert "'assertion'" in done.stdout
    assert "fail_assert_exception (exception)" in done.stdout
    assert "AssertionError: 0.12 is not 0.99" in done.stdout
    assert "outcomes.py" in done.stderr
    assert "nanobind" not in done.stderr


def report(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return read


@pytest.mark.ray
def test_modules_on_boards(tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "broken.py").write_text(BROKEN)
    for module in ("contract/invalidate.py", "contract/fixture.py", "eltwise/ternary/where.py"):
        (folder / Path(module).name).write_text((MODULES / module).read_text())
    done = command(
        *(
            "farm",
            "sweep",
            "--sweeps",
            folder,
            "--boards",
            "mock:n300*2",
            "--out",
            tmp_path,
            "--store",
            tmp_path / "farm.db",
        ),
        "--measure-memory",
        here=tmp_path,
    )
    assert done.returncode == 1, done.stderr
    result = report(tmp_path)
    assert {name: count for name, count in result["counts"].items() if count} == {
        "planned": 16,
        "validated": 14,
        "fail_assert_exception": 1,
        "not_run": 1,
    }
    by_verdict = {vector["verdict"]: vector for vector in result["vectors"]}
    assert by_verdict["not_run"]["reason"] == "invalid_vector"
    failed = by_verdict["fail_assert_exception"]
    assert (failed["operation"], failed["reason"]) == ("broken", "broken_module")
    assert failed["again"].endswith("--vector broken --foreground")
    assert "peak_l1_memory_per_core_bytes" in by_verdict["validated"]["metrics"]


@pytest.mark.ray
def test_a_module_beside_the_generic_runner(tmp_path: Path) -> None:
    source = (MODULES / "eltwise" / "binary" / "add" / "add.py").read_text()
    (tmp_path / "add.py").write_text(
        source.replace("output = ttnn.add", "assert other_shape[-1] != 1\n    output = ttnn.add")
    )
    done = command(
        *(
            "farm",
            "sweep",
            "--suite",
            "model_traced",
            "--op",
            "add",
            "--check-module",
            tmp_path / "add.py",
            "--limit",
            str(ADDS),
        ),
        *("--master", write_small_master(tmp_path / "master.json")),
        *("--boards", "mock:n300", "--store", tmp_path / "farm.db", "--out", tmp_path),
        here=tmp_path,
    )
    assert done.returncode in (0, 1), done.stderr
    counts = report(tmp_path)["counts"]
    failed = counts["fail_assert_exception"]
    assert (counts["planned"], failed) == (2 * ADDS, 1)
    assert f"{ADDS} configurations ran both ways: {ADDS - 1} ended alike, 1 did not." in done.stdout


def test_vectors_as_pytest_items(tmp_path: Path) -> None:
    done = command(
        *("pytest", "-p", "farm.pytest_plugin", "-q", "--farm-op", "sigmoid_accurate", "--farm-boards", "mock:n300"),
        *("--farm-master", write_small_master(tmp_path / "master.json")),
        *("--farm-sweeps", MODULES, "--farm-module", "contract.invalidate,contract.xfail"),
        here=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    assert f"{5 + SIGMOIDS} passed, 1 skipped, 1 xfailed" in done.stdout
