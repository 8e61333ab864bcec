"""`farm modules` and `farm vectors --count`, with a worker inside this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from farm.cli import app
from farm.core.errors import NothingSelected
from farm.core.messages import Hello, Listing, ListVectors
from farm.core.sweep_spec import SweepSpec
from farm.planning import module_records, sweep_plan

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

RELU = """
parameters = {
    "nightly": {"shape": [[32, 32], [64, 64]], "scalar": [1.0, 2.0, 2.0]},
    "xfail_odd": {"shape": [[31, 31]], "scalar": [1.0]},
}
def invalidate_vector(vector):
    return vector["scalar"] == 2.0, "no 2"
def run(shape, scalar, *, device):
    return True, ""
"""


class HereListing:
    """A listing process that is this one."""

    def start(self) -> Hello:
        return Hello(None, "3", 1)

    def list_vectors(self, request: ListVectors, _timeout: float) -> Iterator[Listing]:
        from farm.worker.listing import list_vectors

        yield from list_vectors(request)

    def close(self) -> None:
        pass


@pytest.fixture
def sweeps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module_records, "listing_process", lambda *_: HereListing())
    for name, text in (("unary/relu", RELU), ("unary/gelu", RELU), ("odd/broken", "import nowhere\nparameters = {}\n")):
        file = tmp_path / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


def farm(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, words), "--boards", "mock:n150"], catch_exceptions=False)


def test_modules_suites_and_counts(sweeps: Path) -> None:
    done = farm("modules", "--sweeps", sweeps)
    assert done.exit_code == 1
    assert (
        done.stderr
        == "farm: odd.broken does not import: ModuleNotFoundError: No module named 'nowhere' (broken.py, line 1)\n"
    )
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["4", "unary.gelu", "nightly"],
        ["1", "unary.gelu", "xfail_odd"],
        ["4", "unary.relu", "nightly"],
        ["1", "unary.relu", "xfail_odd"],
        ["10", "vectors", "in", "4", "suites", "of", "3", "modules"],
    ]


def test_some_modules_and_suites_as_json(sweeps: Path) -> None:
    done = farm("modules", "unary/relu.py", "--sweeps", sweeps, "--suite", "NIGHTLY", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "modules": [
            {
                "module": "unary.relu",
                "file": str(sweeps / "unary" / "relu.py"),
                "vectors": 4,
                "suites": [{"suite": "nightly", "vectors": 4}],
                "problems": [],
                "notes": [],
            }
        ],
        "vectors": 4,
    }


@pytest.mark.parametrize("judged", [True, False])
def test_a_forecast_of_many_modules_counts_what_a_plan_lists(
    sweeps: Path, judged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in sweeps.rglob("unary/*.py"):
        file.write_text(RELU if judged else RELU.replace("invalidate_vector", "unused"))
    spec = SweepSpec.of(sweeps=sweeps, boards="fake:n300*2,fake:n150")
    listed = sweep_plan.plan_sweep(spec, store=sweeps / "none.db").expected(sweeps / "none.db")
    monkeypatch.setattr(sweep_plan, "MANY_MODULES", 2)
    plan = sweep_plan.plan_sweep(spec, store=sweeps / "none.db", for_forecast=True)
    assert any(vector.number > 1 for vector in plan.vectors)
    counted = plan.expected(sweeps / "none.db")
    for name in ("planned", "operations", "not_run", "groups", "known", "merged"):
        assert getattr(counted, name) == getattr(listed, name), name
    assert listed.messages == {**counted.messages, **({"invalid_vector": {"no 2": 4}} if judged else {})}
    assert counted.planned == 11
    assert counted.runnable == sum(counted.boards.values()) == (6 if judged else 10)


def test_what_is_misspelt_is_answered_with_what_there_is(sweeps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NothingSelected, match=r"no sweep module 'unary.rleu' .*; nearest: unary.relu"):
        farm("modules", "unary.rleu", "--sweeps", sweeps)
    for words in (["modules", "unary"], ["vectors", "--module", "unary", "--count"], ["vectors", "--module", "unary"]):
        done = CliRunner().invoke(app, [*words, "--sweeps", str(sweeps), "--suite", "nigthly", "--boards", "mock:n150"])
        assert isinstance(done.exception, NothingSelected)
        assert str(done.exception) == (
            "no module has a suite 'nigthly'; did you mean nightly? suites are nightly, xfail_odd"
        )
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("command", [["modules"], ["vectors", "--count", "--module"], ["vectors", "--module"]], ids=str)
def test_a_suite_that_no_module_has_is_refused_beside_others(sweeps: Path, command: list[str]) -> None:
    where = ("--sweeps", sweeps, "--suite", "nightly,xfail_od")
    with pytest.raises(NothingSelected, match="no module has a suite 'xfail_od'; did you mean xfail_odd"):
        farm(*command, "unary", *where)
    (sweeps / "unary" / "broken.py").write_text("import nowhere\nparameters = {}\n")
    done = farm(*command, "unary", *where)
    assert "no module has a suite 'xfail_od'" in done.stderr, "a module that can't be imported may have it"
    assert "nightly" in done.stdout


@pytest.mark.parametrize("modules", [["unary.relu"], ["unary"]], ids=["one module", "several"])
def test_a_limit_hides_no_suite_that_no_module_has(sweeps: Path, modules: list[str]) -> None:
    spec = SweepSpec.of(sweeps=sweeps, modules=modules, boards="fake:n300", suite="nightly,xfail_od", limit=1)
    with pytest.raises(NothingSelected, match="no module has a suite 'xfail_od'; did you mean xfail_odd"):
        sweep_plan.plan_sweep(spec, store=sweeps / "none.db")


def test_a_suite_of_a_module_behind_the_limit_is_one(sweeps: Path) -> None:
    (sweeps / "unary" / "tail.py").write_text('parameters = {"rare": {"a": [1]}}\ndef run(a, device): ...\n')
    spec = SweepSpec.of(sweeps=sweeps, modules=["unary"], boards="fake:n300", suite="nightly,rare", limit=1)
    assert [vector.suite for vector in sweep_plan.plan_sweep(spec, store=sweeps / "none.db").vectors] == ["nightly"]
    (sweeps / "unary" / "tail.py").write_text("import nowhere\nparameters = {}\n")
    assert len(sweep_plan.plan_sweep(spec, store=sweeps / "none.db").vectors) == 1, "it may have that suite"


def test_counts_tell_invalid_vectors_apart(sweeps: Path) -> None:
    done = farm("vectors", "--sweeps", sweeps, "--module", "unary.relu", "--count")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["2", "unary.relu", "nightly"],
        ["2", "unary.relu", "nightly", "invalid"],
        ["1", "unary.relu", "xfail_odd"],
        ["5", "vectors"],
    ]
