"""What the modules of a spec define, streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.planning import module_records
from farm.sweeps.records import ImportedModule, ModuleProblem


def test_a_suite_without_a_vector_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = SweepModule("m", tmp_path / "m.py")
    records = [
        ImportedModule(module, None, fixture=False, suites=("empty", "odd")),
        ModuleProblem("m", "odd", "it is odd"),
    ]
    monkeypatch.setattr(module_records, "listing_process", lambda *_: None)
    monkeypatch.setattr(module_records, "list_modules", lambda *_: iter(records))
    module.file.write_text("def run(): ...")
    notes: list[str] = []
    assert list(module_records.module_records(SweepSpec.of(sweeps=tmp_path), [], notes.append)) == records
    assert notes == ["suite 'empty' of m has no vector"]
