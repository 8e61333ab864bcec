"""What the modules of a spec define, streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.planning import module_records
from farm.planning.sweep_plan import runnable_anywhere
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.records import ImportedModule, ModuleProblem


def test_an_empty_suite_and_a_name_of_no_module_are_noted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = SweepModule("m", tmp_path / "m.py")
    records = [
        ImportedModule(module, None, fixture=False, suites=("empty", "odd")),
        ModuleProblem("m", "odd", "it is odd"),
    ]
    monkeypatch.setattr(module_records, "listing_process", lambda *_: None)
    monkeypatch.setattr(module_records, "list_modules", lambda *_: iter(records))
    module.file.write_text("def run(): ...")
    notes: list[str] = []
    spec = SweepSpec.of(sweeps=tmp_path, skip=["no,m.py.*"])
    assert list(module_records.module_records(spec, [], notes.append)) == records
    assert notes == [
        "suite 'empty' of m has no vector",
        f"--skip: no sweep module 'no' in {tmp_path}, which has m",
        f"--skip: no sweep module 'm.py.*' in {tmp_path}, which has m",
    ]


def test_modules_get_the_master_by_its_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def run(): ...")
    (tmp_path / "one.json").write_text("{}")
    (tmp_path / "other.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    spec = SweepSpec.of(sweeps=tmp_path)
    [module] = module_records.selected_modules(spec)
    assert module.environment == {}
    monkeypatch.setenv(MASTER_VARIABLE, "one.json")
    [module] = module_records.selected_modules(spec)
    assert module.environment == {MASTER_VARIABLE: str(tmp_path / "one.json")}
    assert runnable_anywhere(spec).master == tmp_path / "one.json"
    [module] = module_records.selected_modules(spec.updated(master=Path("other.json")))
    assert module.environment == {MASTER_VARIABLE: str(tmp_path / "other.json")}
    with pytest.raises(FarmError, match=r"^--master no.json: there is no such file$"):
        module_records.selected_modules(spec.updated(master=Path("no.json")))
    monkeypatch.setenv(MASTER_VARIABLE, "no.json")
    with pytest.raises(FarmError, match=rf"^{MASTER_VARIABLE}=no.json: there is no such file$"):
        module_records.selected_modules(spec)
