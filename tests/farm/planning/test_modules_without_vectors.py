"""What stands in a plan for a module that has nothing to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from farm.core.messages import Hello, Listing, ListingEnd, ListVectors, ModuleImported, VectorsListed
from farm.core.module_loader import LoaderProvider, ModuleLoader
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Reason
from farm.planning.module_listing import list_modules
from farm.sweeps.records import ModuleProblem

LOADERS = (ModuleLoader("farm.sweeps", LoaderProvider.FARM, untraced=("m.json: no operation 'tanhh'",)),)
VECTOR = {"index": 0, "hash": "a", "values": {}, "grid": [1, 1]}


class Process:
    """A module with the suites `full`, of one vector, and `model_traced`, of none; or with neither."""

    def __init__(self, *suites: str) -> None:
        self.suites = suites

    def start(self) -> Hello:
        return Hello("0.81.1", "3.12.1", 1)

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:  # noqa: ARG002 - the protocol's
        yield ModuleImported(None, fixture=False, suites=self.suites, loaders=LOADERS)
        if "full" in self.suites and (request.suites is None or "full" in request.suites):
            yield VectorsListed("full", [VECTOR])
        yield ListingEnd()

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("suites", "selected", "problem"),
    [
        ((), None, "it defines no suite"),
        ((), ["model_traced"], "it defines no suite"),
        (("model_traced",), None, "none of its suites has a vector"),
        (("model_traced",), ["model_traced"], "no vector in suite 'model_traced'"),
        (("full", "model_traced"), ["Model_Traced"], "no vector in suite 'model_traced'"),
        (("full", "model_traced"), None, None),
        (("full", "model_traced"), ["full"], None),
        (("full", "model_traced"), ["nightly"], None),
    ],
)
def test_a_module_of_which_nothing_is_traced(
    suites: tuple[str, ...], selected: list[str] | None, problem: str | None
) -> None:
    records = list(list_modules([SweepModule("m", Path("m.py"))], selected, Process(*suites)))
    problems = [(each.reason, each.message) for each in records if isinstance(each, ModuleProblem)]
    message = f"m: nothing to run: {problem}; m.json: no operation 'tanhh'"
    assert problems == ([] if problem is None else [(Reason.NO_VECTORS, message)])
