from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from farm.core.merged_vectors import sentence, total
from farm.core.sweep_module import SweepModule
from farm.planning.equal_vectors import EqualVectors
from farm.planning.estimates import Estimates
from farm.planning.forecast import forecast
from farm.sweeps.records import ImportedModule, ListedVector, ModuleProblem, Record


def records(*vectors: str) -> Iterator[Record]:
    """Records of vectors that are named `module suite hash`, and of problems that are named `module suite`."""
    for index, name in enumerate(vectors):
        module, suite, *input_hash = name.split()
        if not input_hash:
            yield ModuleProblem(module, suite, "broken")
            continue
        imported = ImportedModule(SweepModule(module, Path("m.py")), None, fixture=False, suites=(suite,))
        yield ListedVector(imported, suite, index, input_hash[0], {}, {}, (1, 1))


def indices(equal: EqualVectors, *vectors: str) -> list[int]:
    return [each.index for each in equal.unique(records(*vectors)) if isinstance(each, ListedVector)]


def test_the_first_of_equal_vectors_stays() -> None:
    equal = EqualVectors()
    assert indices(equal, "m s 1", "m s 2", "m s 1", "m s 1", "m t 1", "n t 1", "n t 1") == [0, 1, 4, 5]
    assert equal.merged == {"m": {"s": 2}, "n": {"t": 1}}


def test_a_problem_stays() -> None:
    different = list(EqualVectors().unique(records("m s 1", "m s", "m s", "m s 1")))
    assert [type(each) for each in different] == [ListedVector, ModuleProblem, ModuleProblem]


def test_the_plan_says_how_many_were_merged() -> None:
    merged = {"m": {"s": 2}, "n": {"t": 1}}
    assert sentence({}) == ""
    assert sentence({"m": {"s": 1}}) == (
        "1 vector was merged into one of the same suite with the same input_hash: 1 in m, suite 's'"
    )
    assert sentence(merged) == (
        "3 vectors were merged into others of the same suite with the same input_hash: "
        "2 in m, suite 's'; 1 in n, suite 't'"
    )
    assert sentence({"m": {str(number): number for number in range(1, 6)}}).endswith(
        "3 in m, suite '3'; others in 2 more suites"
    )
    plan = forecast([], [], Estimates.without_history([]), merged)
    assert plan.as_json()["merged"] == merged
    assert next(plan.lines()) == f"{total(merged):8}  merged into equal vectors: not counted above"
