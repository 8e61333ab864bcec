"""Bisections over versions that a double judges."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from farm.core.board import Board
from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.planning.sweep_plan import plan_sweep
from farm.planning.vectors import Vector
from farm.report.observation import Observation
from farm.versions.bisect import Bisection, Judgement, Tried, bisect
from farm.versions.by import By
from farm.versions.candidates import Candidate, built_candidates, interpreter_candidates, released_candidates
from farm.versions.environments import Environment
from farm.versions.fake_installer import FakeInstaller
from farm.versions.search import CantJudge
from tests.farm.versions.doubles import TENSOR, fake_environments

VERSIONS = [f"0.{minor}.0" for minor in range(66, 82)]
GOOD = Observation(Verdict.VALIDATED, output=TENSOR)
B8 = Observation(Verdict.VALIDATED, output={**TENSOR, "original_dtype": "DataType.BFLOAT8_B"})
MISMATCH = Observation(Verdict.FAIL_ASSERT_EXCEPTION, Reason.OUTPUT_MISMATCH, "dtype", B8.output)
REFUSED = Observation(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: no such shard")
REWORDED = Observation(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: shards don't fit")


@pytest.fixture(scope="module")
def spec() -> SweepSpec:
    of_add = SweepSpec.of(["add"], boards="mock:n300")
    runnable = next(vector for vector in plan_sweep(of_add).vectors if vector.unrunnable is None)
    return of_add.updated(vectors=[runnable.id])


class Judge:
    """Stands for `run_supervised`: from each of some versions on, the vector ends so; None can't be judged."""

    def __init__(self, since: Mapping[str, Observation], unjudgeable: tuple[str, ...] = ()) -> None:
        self.since, self.unjudgeable = since, unjudgeable

    def __call__(self, _vector: Vector, _board: Board, environment: Environment, _seconds: float) -> Judgement:
        if environment.name in self.unjudgeable:
            raise CantJudge("the worker was killed by SIGSEGV")
        at = VERSIONS.index(environment.name)
        last = [seen for version, seen in self.since.items() if VERSIONS.index(version) <= at][-1]
        return Judgement(environment.name, last)


def run(spec: SweepSpec, judge: Judge, by: By = By.VERDICT, **options: Any) -> Bisection:
    candidates = [Candidate(name, partial(Environment, name, sys.executable)) for name in VERSIONS]
    return bisect(spec, candidates, by, run=judge, **options)


def test_the_first_version_with_another_verdict(spec: SweepSpec) -> None:
    shown: list[Tried] = []
    found = run(spec, Judge({"0.66.0": GOOD, "0.78.0": REFUSED}), watch=shown.append)
    assert found.first == ["0.78.0"]
    assert (found.before.name, found.after and found.after.name) == ("0.77.0", "0.78.0")
    assert found.headline() == "0.78.0 is the first version with another verdict."
    assert shown == found.tried
    assert len(shown) <= 6
    assert found.versions == VERSIONS


def test_versions_that_can_not_be_judged_are_named_and_gone_round(spec: SweepSpec) -> None:
    unjudgeable = ("0.73.0", "0.74.0", "0.75.0")
    found = run(spec, Judge({"0.66.0": GOOD, "0.75.0": REFUSED}, unjudgeable))
    assert found.first == ["0.73.0", "0.74.0", "0.75.0", "0.76.0"]
    assert found.before.name == "0.72.0"
    assert "is one of 0.73.0, 0.74.0, 0.75.0, 0.76.0: only the last" in found.headline()
    assert {tried.name for tried in found.tried if not tried.judged} == set(unjudgeable)


@pytest.mark.parametrize(("by", "first"), [(By.VERDICT, "0.75.0"), (By.OUTPUT, "0.70.0"), (By.MESSAGE, "0.75.0")])
def test_what_must_differ(spec: SweepSpec, by: By, first: str) -> None:
    found = run(spec, Judge({"0.66.0": GOOD, "0.70.0": B8, "0.75.0": MISMATCH}), by)
    assert found.first == [first]


def test_another_message_of_the_same_verdict(spec: SweepSpec) -> None:
    judge = Judge({"0.66.0": REFUSED, "0.71.0": REWORDED})
    assert run(spec, judge, By.MESSAGE).first == ["0.71.0"]
    unchanged = run(spec, judge, By.VERDICT)
    assert unchanged.first == []
    assert unchanged.after is None
    assert "No change of verdict: 0.81.0 treats" in unchanged.headline()


def test_an_end_that_can_not_be_judged(spec: SweepSpec) -> None:
    with pytest.raises(NotRunnable, match=r"0.81.0 can't be judged: older versions may be") as raised:
        run(spec, Judge({"0.66.0": GOOD}, ("0.81.0",)))
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code is ExitCode.NOT_RUN


def test_one_configuration_must_be_selected() -> None:
    with pytest.raises(FarmError, match="name one with --vector, such as one of"):
        run(SweepSpec.of(["add"], boards="mock:n300"), Judge({"0.66.0": GOOD}))


def test_a_board_that_can_not_run_it() -> None:
    small = SweepSpec.of(["all_gather"], boards="mock:n150")
    unrunnable = next(vector for vector in plan_sweep(small).vectors if vector.unrunnable is not None)
    with pytest.raises(NotRunnable, match=f"{unrunnable.id} can't run: "):
        run(small.updated(vectors=[unrunnable.id]), Judge({"0.66.0": GOOD}))


# candidates


def test_released_versions(tmp_path: Path) -> None:
    environments = fake_environments(tmp_path)
    candidates = released_candidates(environments, "0.66.0", "0.81.1")
    assert [each.name for each in candidates] == ["0.66.0", "0.80.0", "0.81.1"]
    assert candidates[1].environment().name == "0.80.0"


def test_only_versions_have_versions_between(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match="name released versions, or every interpreter with"):
        released_candidates(fake_environments(tmp_path), sys.executable, "0.81.1")


def test_a_version_that_can_not_be_installed_can_not_be_judged(tmp_path: Path) -> None:
    installer = FakeInstaller(["0.66.0", "0.80.0", "0.81.1"], broken=["ttnn==0.80.0"])
    candidates = released_candidates(fake_environments(tmp_path, installer), "0.66.0", "0.81.1")
    with pytest.raises(CantJudge, match="is broken"):
        candidates[1].environment()


def test_interpreters(tmp_path: Path) -> None:
    environments = fake_environments(tmp_path)
    candidates = interpreter_candidates(environments, [sys.executable, "0.66.0"])
    assert candidates[0].environment().python == sys.executable
    with pytest.raises(FarmError, match="name two or more"):
        interpreter_candidates(environments, [sys.executable])
    with pytest.raises(FarmError, match="--python nonsense: this is no version"):
        interpreter_candidates(environments, [sys.executable, "nonsense"])


def builder(folder: Path) -> str:
    """A command that builds every version but `broken`."""
    script = folder / "build"
    script.write_text(f'#!/bin/sh\necho building "$1"\n[ "$1" = broken ] && exit 1\necho {sys.executable}\n')
    script.chmod(0o755)
    return f"{script} {{version}}"


def test_a_build_prints_its_interpreter_last(tmp_path: Path) -> None:
    good, broken = built_candidates(builder(tmp_path), ["abc123", "broken"])
    assert good.environment() == Environment("abc123", sys.executable)
    with pytest.raises(CantJudge, match="the build ended with 1"):
        broken.environment()


def test_a_build_that_prints_no_interpreter(tmp_path: Path) -> None:
    first, _ = built_candidates("echo {version}", ["abc123", "def456"])
    with pytest.raises(CantJudge, match="printed 'abc123', which is no interpreter"):
        first.environment()


@pytest.mark.parametrize(
    ("command", "versions", "message"),
    [
        ("make", ["a", "b"], "has no {version}"),
        ("no-such-program {version}", ["a", "b"], "there is no command no-such-program"),
        ("echo '{version}", ["a", "b"], "No closing quotation"),
        ("echo {version}", ["a"], "names fewer than two versions"),
    ],
)
def test_builds_that_make_no_sense(command: str, versions: list[str], message: str) -> None:
    with pytest.raises(FarmError, match=message):
        built_candidates(command, versions)
