"""Vectors of tt-metal's exports, from the files to the records that are planned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.board.kinds import KINDS
from farm.core.errors import FarmError, NothingSelected
from farm.core.listing_detail import Detail
from farm.core.messages import Hello, Listing, ListVectors
from farm.core.payload import ModuleVector
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason
from farm.planning import module_records
from farm.planning.module_vectors import Planner
from farm.planning.vectors import Vector
from farm.sweeps.export_writer import ExportWriter
from farm.sweeps.exports import MANIFEST
from farm.sweeps.records import ImportedModule, ListedVector, ModuleProblem
from farm.sweeps.values import decode
from farm.worker.listing import list_vectors
from farm.worker.modules import is_loaded

pytestmark = pytest.mark.ttnn

MODULE = """
parameters = {"of_the_module": {"x": [1]}}
TIMEOUT = 7
def run(x, *, device): return True, ""
"""
SHARDED = {
    "type": "ttnn._ttnn.tensor.CoreRangeSet",
    "data": [{"start": {"x": 0, "y": 0}, "end": {"x": 6, "y": 3}}],
}


class InProcess:
    """Lists modules in this process, by the worker's own code."""

    def start(self) -> Hello:
        return Hello("0", "3", 1)

    def list_vectors(self, request: ListVectors, timeout: float) -> Iterator[Listing]:  # noqa: ARG002 - a protocol
        sent = ListVectors.from_json(json.loads(json.dumps(request.as_json())))
        for message in list_vectors(sent):
            yield type(message).from_json(json.loads(json.dumps(message.as_json())))

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_records, "listing_process", lambda *_: InProcess())


@pytest.fixture
def sweeps(tmp_path: Path) -> Path:
    folder = tmp_path / "sweeps" / "unary"
    folder.mkdir(parents=True)
    (folder / "relu.py").write_text(MODULE)
    return folder.parent


def exported(folder: Path, name: str, suites: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.json"
    file.write_text(json.dumps(suites))
    return file


def records(spec: SweepSpec) -> tuple[list[Any], list[str]]:
    notes: list[str] = []
    return list(module_records.module_records(spec, [], notes.append)), notes


def planned(spec: SweepSpec) -> list[Vector]:
    return list(Planner().plan(records(spec)[0], [KINDS["n300"]]))


def test_every_vector_of_a_folder_is_planned(sweeps: Path, tmp_path: Path) -> None:
    export = tmp_path / "vectors_export"
    good = {"x": "(1, 2)", "sweep_name": "eltwise.unary.relu"}
    lost = {**good, "x": {"type": "ttnn._ttnn.tensor.NoSuch", "data": {}}}
    suites = {"nightly": {"a" * 56: good, "b" * 56: {**good, "validity": "INVALID", "invalid_reason": "odd"}}}
    exported(export, "eltwise.unary.relu.mesh_1x1", suites)
    file = exported(
        export, "eltwise.unary.relu.mesh_1x2", {"Other": {"c" * 56: lost, "d" * 56: {**good, "x": SHARDED}}}
    )
    exported(export, "eltwise.unary.gone", {"nightly": {"e" * 56: {"x": 1}}})
    vectors = {vector.id: vector for vector in planned(SweepSpec.of(vectors_file=export, sweeps=sweeps))}
    assert set(vectors) == {"a" * 16, "b" * 16, "c" * 16, "d" * 16, "eltwise.unary.gone"}
    reasons = {key: each.unrunnable and each.unrunnable.reason for key, each in vectors.items()}
    assert reasons == {
        "a" * 16: None,
        "b" * 16: Reason.INVALID_VECTOR,
        "c" * 16: Reason.BROKEN_CONFIGURATION,
        "d" * 16: None,
        "eltwise.unary.gone": Reason.BROKEN_MODULE,
    }
    unrunnable = vectors["c" * 16].unrunnable
    assert unrunnable is not None
    assert unrunnable.message.startswith(f"{file}, suite 'Other', vector {'c' * 56}: x: unknown type 'ttnn._ttnn.")
    payload = cast("ModuleVector", vectors["a" * 16].payload)
    assert {name: decode(raw) for name, raw in payload.values.items()} == {"x": (1, 2)}
    assert (payload.module.name, payload.module.file) == ("eltwise.unary.relu", sweeps / "unary" / "relu.py")
    assert (payload.input_hash, payload.timeout, payload.suite) == ("a" * 56, 7, "nightly")
    assert vectors["d" * 16].needs.grid == (7, 4)


def test_suites_and_modules_are_selected(sweeps: Path, tmp_path: Path) -> None:
    one = exported(tmp_path / "e", "unary.relu", {"Nightly": {"a" * 56: {"x": 1}}, "weekly": {"b" * 56: {"x": 2}}})
    exported(tmp_path / "e", "unary.gone", {"nightly": {"c" * 56: {"x": 1}}})
    spec = SweepSpec.of(vectors_file=tmp_path / "e", sweeps=sweeps, modules=["unary.relu"])
    assert [vector.config_hash for vector in planned(spec)] == ["a" * 56, "b" * 56]
    assert [vector.config_hash for vector in planned(spec.updated(suite="nightly"))] == ["a" * 56]
    with pytest.raises(NothingSelected, match="no module has a suite 'none'; suites are Nightly, weekly"):
        records(spec.updated(suite="weekly,none"))
    with pytest.raises(NothingSelected, match=r"no vector of these modules; it has those of unary.gone, unary.relu"):
        records(spec.updated(modules=("unary.add",)))
    # a single file, and a single module under a part of its name
    alone = SweepSpec.of(vectors_file=one, sweeps=sweeps / "unary" / "relu.py", skip=["unary.gone"])
    assert [vector.operation for vector in planned(alone)] == ["unary.relu", "unary.relu"]


def test_more_vectors_than_a_worker_reads_at_once(sweeps: Path, tmp_path: Path) -> None:
    suites = {suite: {f"{suite}{number:055x}": {"x": "1"} for number in range(250)} for suite in "ab"}
    listed, _ = records(SweepSpec.of(vectors_file=exported(tmp_path / "e", "unary.relu", suites), sweeps=sweeps))
    assert sum(isinstance(each, ImportedModule) for each in listed) == 1
    assert [each.input_hash for each in listed[1:]] == [key for suite in suites.values() for key in suite]


def test_a_module_is_imported_once_and_one_is_held(sweeps: Path, tmp_path: Path) -> None:
    imports = tmp_path / "imports"
    for name in ("one", "two"):
        (sweeps / f"{name}.py").write_text(f"with open({str(imports)!r}, 'a') as file: file.write('{name} ')\n{MODULE}")
        exported(tmp_path / "e", name, {"s": {f"{number:056x}": {"x": 1} for number in range(450)}})
    listed, _ = records(SweepSpec.of(vectors_file=tmp_path / "e", sweeps=sweeps))
    assert len(listed) == 2 * 451
    assert imports.read_text() == "one two "
    modules = [each.module for each in listed if isinstance(each, ImportedModule)]
    assert [is_loaded(module) for module in modules] == [False, True]


def test_a_vector_in_the_files_of_several_groups_is_one(sweeps: Path, tmp_path: Path) -> None:
    for group in ("n150_1c", "n300_1c"):
        suites = {suite: {"a" * 56: {"x": 1}, group: {"x": 2}} for suite in ("one", "two")}
        exported(tmp_path / "e", f"unary.relu.hw_wormhole_{group}", suites)
    exported(tmp_path / "e", "unary.relu.hx", {"one": {"b" * 56: {"x": 1}}})  # its name sorts between those of relu
    exported(tmp_path / "e", "unary.relu", {"one": {"a" * 56: {"x": 1}}})
    listed, _ = records(SweepSpec.of(vectors_file=tmp_path / "e", sweeps=sweeps, skip=["*.hx"]))
    hashes = [each.input_hash for each in listed[1:]]
    assert hashes == ["a" * 56, "n150_1c", "a" * 56, "n150_1c", "n300_1c", "n300_1c"]


def test_a_module_that_does_not_import_is_one_problem(sweeps: Path, tmp_path: Path) -> None:
    (sweeps / "broken.py").write_text("import nowhere_to_be_found")
    suites = {"s": {f"{number:056x}": {"x": 1} for number in range(300)}}
    listed, _ = records(SweepSpec.of(vectors_file=exported(tmp_path / "e", "broken", suites), sweeps=sweeps))
    [problem] = listed
    assert isinstance(problem, ModuleProblem)
    assert "broken does not import: ModuleNotFoundError" in problem.message


OWN = """
import ttnn
grid = ttnn.CoreRangeSet({ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 3))})
spec = ttnn.ShardSpec(grid, [32, 32], ttnn.ShardOrientation.ROW_MAJOR)
parameters = {
    "nightly": {
        "dtype": [ttnn.bfloat16, ttnn.bfloat8_b],
        "shape": [(1, 32), [2, 32]],
        "memory": [ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, spec), None],
        "nested": [{"a": [ttnn.TILE_LAYOUT, (1.5, "x")], "b": {"c": float("inf")}}],
    },
    "weekly": {"dtype": [ttnn.uint32], "call": [abs], "word": ["1", "x", "None"], "grid": [ttnn.CoreGrid(x=2, y=3)]},
    "empty": {"dtype": []},
}
def invalidate_vector(vector):
    if vector["dtype"] == ttnn.uint32 and vector["word"] == "x":
        raise KeyError("no such word")
    return vector["dtype"] == ttnn.bfloat8_b, "no tiles"
def run(device, **kwargs): return True, ""
"""


def test_what_farm_exports_it_reads_back(tmp_path: Path) -> None:
    sweeps = tmp_path / "sweeps"
    sweeps.mkdir()
    (sweeps / "own.py").write_text(OWN)
    (sweeps / "relu.py").write_text(MODULE)
    of_modules = SweepSpec.of(sweeps=sweeps)
    writer = ExportWriter(tmp_path / "e")
    own = [
        each
        for each in writer.write(module_records.module_records(of_modules, [], detail=Detail.EXPORT_FORMS))
        if isinstance(each, ListedVector)
    ]
    listed, _ = records(SweepSpec.of(vectors_file=tmp_path / "e", sweeps=sweeps))
    read = [each for each in listed if isinstance(each, ListedVector)]
    assert [each.input_hash for each in read] == [each.input_hash for each in own]
    assert len(own) == 8 + 3 + 1
    nightly, weekly = [[each for each in read if each.suite == suite] for suite in ("nightly", "weekly")]
    for one, other in zip(own, nightly, strict=False):
        assert replace(one, export_form=None) == replace(other, imported=one.imported)
    assert [each.invalid for each in nightly] == [None] * 4 + ["no tiles"] * 4
    assert nightly[0].grid == (2, 4)
    # texts that spell something else, and objects without JSON, come back as tt-metal's runner reads them
    assert [decode(each.values["word"]) for each in weekly] == [1, "x", None]
    assert list(writer.warnings()) == [
        "own, suite 'weekly': call does not read back in 3 vectors: <built-in function abs> is read back as "
        "'<built-in function abs>'",
        "own, suite 'weekly': word does not read back in 2 vectors: '1' is read back as 1",
        "own, suite 'weekly': grid does not read back in 3 vectors: ttnn.CoreGrid(x=2, y=3) is read back as "
        "'ttnn.CoreGrid(x=2, y=3)'",
        "own, suite 'weekly': invalidate_vector() raised KeyError: 'no such word': 1 vector written as valid",
    ]
    assert sorted(each.name for each in (tmp_path / "e").iterdir()) == [MANIFEST, "own.json", "relu.json"]
    exported_vector = json.loads((tmp_path / "e" / "own.json").read_text())["nightly"][own[0].input_hash]
    assert list(exported_vector)[-9:] == [
        *("suite_name", "validity", "invalid_reason", "status", "sweep_name", "traced_source"),
        *("timestamp", "input_hash", "tag"),
    ]


def test_other_suites_of_a_file_are_kept(sweeps: Path, tmp_path: Path) -> None:
    other = {"h": {"x": "é", "n": [1, {"a": None}]}}
    file = exported(tmp_path / "e", "unary.relu", {"other": other, "of_the_module": {"stale": {}}, "empty": {}})
    list(ExportWriter(tmp_path / "e").write(exports_of(sweeps)))
    suites = json.loads(file.read_text())
    assert suites["other"] == other
    assert list(suites) == ["of_the_module", "other"]
    assert [vector["x"] for vector in suites["of_the_module"].values()] == [1]
    file.write_text('{"other": {"h": {')
    with pytest.raises(
        FarmError, match=r"suite 'other', vector 'h' is cut off: its suites can't be kept; move it away"
    ):
        list(ExportWriter(tmp_path / "e").write(exports_of(sweeps)))
    assert file.read_text() == '{"other": {"h": {'


def exports_of(sweeps: Path) -> Iterator[Any]:
    return module_records.module_records(SweepSpec.of(sweeps=sweeps), [], detail=Detail.EXPORT_FORMS)


def test_nothing_changes_where_an_export_can_not_be_written(sweeps: Path, tmp_path: Path) -> None:
    file = exported(tmp_path / "e", "unary.relu", {})
    stream = ExportWriter(tmp_path / "e").write(module_records.module_records(SweepSpec.of(sweeps=sweeps), []))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert list((tmp_path / "e").iterdir()) == [file]
    assert file.read_text() == "{}"
    with pytest.raises(FarmError, match=r"the vectors can't be written: .*unary.relu.json is a file, not a folder"):
        list(ExportWriter(file).write([]))


def test_options_about_modules_have_no_effect_on_farms_own_file(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"farm_vectors":1}\n')
    own = SweepSpec.of(vectors_file=tmp_path / "v.jsonl", sweeps=tmp_path)
    with pytest.raises(FarmError, match=re.escape("v.jsonl, which has the vectors with all that they need: leave it ")):
        records(own)
