"""Files of tt-metal's vector exports: what is read, what is left out, and what is wrong with them."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from farm.core.errors import FarmError
from farm.sweeps.exports import ExportedVector, export_files, module_name, read_export
from farm.sweeps.vector_files import EXPORT, FARM, recognize

INFORMATION = {
    "suite_name": "nightly",
    "validity": "VALID",
    "invalid_reason": "",
    "status": "VectorStatus.CURRENT",
    "sweep_name": "eltwise.unary.relu.relu",
    "timestamp": "2026-02-01_00-00-00",
    "input_hash": "a" * 56,
    "tag": "someone",
    "traced_source": ["models/x.py::test"],
    "traced_machine_info": [{"board_type": "Wormhole"}],
}


def write(file: Path, content: object) -> Path:
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return file


def test_a_vector_is_its_parameters_alone(tmp_path: Path) -> None:
    vectors = {
        "a" * 56: {"shape": "(1, 32)", "config_hash": "c", **INFORMATION},
        "b" * 56: {"shape": "(2, 32)", **INFORMATION, "validity": "VectorValidity.INVALID", "invalid_reason": "odd"},
        "c" * 56: {"shape": "(3, 32)", **INFORMATION, "status": "VectorStatus.ARCHIVED", "traced_source": "['m']"},
    }
    file = write(tmp_path / "eltwise.unary.relu.relu.mesh_1x2.json", {"nightly": vectors, "empty": {}})
    entries = list(read_export(file))
    assert [(entry.module, entry.suite) for entry in entries[:1] + entries[3:]] == [
        ("eltwise.unary.relu.relu", "nightly"),
        ("eltwise.unary.relu.relu", "empty"),
    ]
    assert [entry.vector for entry in entries] == [
        ExportedVector("nightly", 0, "a" * 56, {"shape": "(1, 32)", "config_hash": "c"}, None, ("models/x.py::test",)),
        ExportedVector("nightly", 1, "b" * 56, {"shape": "(2, 32)"}, "odd", ("models/x.py::test",)),
        ExportedVector("nightly", 2, "c" * 56, {"shape": "(3, 32)"}, None, ("m",)),  # archived ones run, as there
        None,
    ]
    assert all(ExportedVector.from_json(each.vector.as_json()) == each.vector for each in entries if each.vector)


@pytest.mark.parametrize(
    "name",
    ["a.b", "a.b.mesh_4x8", "a.b.hw_wormhole_n300_1c", "a.b.hw_wormhole_tt_galaxy_wh_32c.mesh_4x8", "a.b__mesh_1x2"],
)
def test_suffixes_that_group_vectors_are_no_part_of_the_name(name: str, tmp_path: Path) -> None:
    assert module_name(Path(f"{name}.json")) == "a.b"
    # vectors without `sweep_name` belong to the module that the file is named for
    [entry] = read_export(write(tmp_path / f"{name}.json", {"s": {"h": {"x": 1}}}))
    assert (entry.module, entry.vector) == ("a.b", ExportedVector("s", 0, "h", {"x": 1}))


def test_what_is_no_vector_is_a_problem_of_its_own(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", {"s": {"h": {"x": 1}, "i": [1, 2]}})
    good, bad = read_export(file)
    assert good.vector is not None
    assert bad.problem is not None
    assert (bad.problem.input_hash, bad.problem.suite) == ("i", "s")
    assert bad.problem.message == "it is [1, 2], not an object of parameters"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"s": {"h": {"x": 1}, "i": {"x"', "suite 's', vector 'i' is cut off: export it again with tt-metal's gener"),
        ('{"s": {"h": {"x": 1}, "i"', "suite 's', vector 'h' is cut off: export it again"),
        ('{"s": {"h": {"x": 1}}', "suite 's', vector 'h' is cut off: "),
        ('{"s": {"h": {"x": 1}}} {}', "goes on"),
        ('{"s": {"h": {"x": 1}, "i": ' + "[" * 300 + "]" * 300 + "}}", "suite 's', vector 'i' is nested deeper than"),
        ('{"s": {"h": {"x": 1}}, "t": [1]}', "suite 't' is no object of vectors by their input_hash: "),
    ],
    ids=[
        "cut off in a vector",
        "cut off in a key",
        "cut off between suites",
        "two documents",
        "deep",
        "a list for a suite",
    ],
)
def test_a_broken_file_is_one_line_with_its_place(text: str, problem: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", text)
    assert recognize(file) is EXPORT
    with pytest.raises(FarmError, match=re.escape(problem)) as raised:
        list(read_export(file))
    assert str(raised.value).startswith(f"{file}: ")
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is neither a file that `farm vectors --out` wrote nor a vector export of tt-metal, but empty: write"),
        ("[]", "is neither a file"),
        ("relu,add", "is neither a file"),
        ({"version": 1}, "is neither a file"),
        ({"operations": {"ttnn.add": {"configurations": []}}}, "is a master: run its configurations with --suite"),
    ],
    ids=["empty", "list", "no JSON", "another object", "master"],
)
def test_what_no_format_begins_like_is_refused(content: object, problem: str, tmp_path: Path) -> None:
    with pytest.raises(FarmError, match=re.escape(problem)):
        recognize(write(tmp_path / "x.json", content))


def test_formats_are_recognized_by_how_a_file_begins(tmp_path: Path) -> None:
    assert recognize(write(tmp_path / "a", '{"farm_vectors":1}\n')) is FARM
    beginnings: list[Any] = [{}, {"s": {}}, {'q"uote': {"h": {}}}]
    for content in beginnings:
        assert recognize(write(tmp_path / "a", content)) is EXPORT
    assert recognize(write(tmp_path / "a", "\ufeff \n" + json.dumps({"s": {"h": {}}}))) is EXPORT
    assert recognize(tmp_path) is EXPORT
    with pytest.raises(FarmError, match="nowhere can't be read: No such file"):
        recognize(tmp_path / "nowhere")


def test_the_manifest_is_the_index_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FarmError, match=r"has no export of vectors \(\*.json\) in it"):
        export_files(tmp_path)
    one, two = (write(tmp_path / name, {}) for name in ("a.mesh_1x1.json", "b.json"))
    assert export_files(tmp_path) == ([one, two], "")
    assert export_files(two) == ([two], "")
    manifest = tmp_path / "generation_manifest.json"
    write(manifest, {"vector_files": ["b.json"]})
    note = f"{tmp_path}: 1 file left out that generation_manifest.json does not list"
    assert export_files(tmp_path) == export_files(manifest) == ([two], note)
    assert recognize(manifest) is EXPORT
    broken: list[tuple[Any, str]] = [
        ({"vector_files": ["b.json", "c.json"]}, "lists c.json, which is not in"),
        ({"vector_files": []}, "lists no vector_files"),
        ([], "lists no vector_files"),
        ("{", "can't be read"),
    ]
    for content, problem in broken:
        write(manifest, content)
        with pytest.raises(FarmError, match=re.escape(f"{manifest} {problem}")):
            export_files(tmp_path)


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    vector = json.dumps({"x": "y" * 2000, **INFORMATION})
    file = tmp_path / "a.json"
    with file.open("w") as out:
        out.write('{"s": {')
        out.writelines(f'{"," if number else ""}"{number:056x}": {vector}' for number in range(8000))
        out.write("}}")
    assert file.stat().st_size > 16_000_000
    tracemalloc.start()
    try:
        assert sum(entry.vector is not None for entry in read_export(file)) == 8000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
