from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.planning import module_records as choosing
from farm.planning.narrowing import sampled
from farm.planning.vectors import Vector
from farm.running.translation import conclude_unrunnable
from farm.sweeps.records import ImportedModule, ModuleProblem
from tracer.device_config import DeviceConfig


def vectors(count: int) -> list[Vector]:
    return [
        Vector(f"{number:04}", "m", "", "", DeviceConfig(), device_config_inferred=True, text="{}")
        for number in range(count)
    ]


def test_a_sample_is_the_seeds_and_keeps_its_order() -> None:
    every = vectors(100)
    picked = sampled(every, 10, seed=1)
    assert len({vector.id for vector in picked}) == 10
    assert [vector.id for vector in picked] == sorted(vector.id for vector in picked)
    assert sampled(every, 10, seed=1) == picked
    assert sampled(every, 10, seed=2) != picked
    assert sampled(every, 200) == every


def test_a_sample_does_not_depend_on_what_else_is_there() -> None:
    every = vectors(100)
    picked = sampled(every, 10, seed=3)
    # leaving out what was not picked leaves the same ones
    assert sampled([vector for vector in every if vector in picked or int(vector.id) % 2], 10, seed=3) == picked


def test_a_broken_module_fails_and_an_invalid_vector_is_not_run() -> None:
    assert conclude_unrunnable("a", Reason.BROKEN_MODULE, "no").verdict is Verdict.FAIL_ASSERT_EXCEPTION
    assert conclude_unrunnable("a", Reason.INVALID_VECTOR, "no").verdict is Verdict.NOT_RUN
    assert conclude_unrunnable("a", Reason.UNSATISFIABLE, "no").verdict is Verdict.NOT_RUN


def test_a_suite_without_a_vector_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = SweepModule("m", tmp_path / "m.py")
    found = [
        ImportedModule(module, None, fixture=False, suites=("empty", "odd")),
        ModuleProblem("m", "odd", "it is odd"),
    ]
    monkeypatch.setattr(choosing, "listing_process", lambda *_: None)
    monkeypatch.setattr(choosing, "list_modules", lambda *_: iter(found))
    module.file.write_text("def run(): ...")
    notes: list[str] = []
    assert list(choosing.module_records(SweepSpec.of(sweeps=tmp_path), [], notes.append)) == found
    assert notes == ["suite 'empty' of m has no vector"]
