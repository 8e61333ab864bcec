"""Nothing from a file is run, and hostile files do no harm."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from farm.cluster.local_cluster import _options
from farm.core.errors import FarmError, NothingSelected
from farm.sweeps.finding import find_modules, module_folder
from farm.zoo.manifest import Manifest
from tracer.master.master import Master
from tracer.names import canonical

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(file for package in ("farm", "tracer", "scheduler") for file in (ROOT / package).rglob("*.py"))
NEVER_CALLED = {"eval", "exec", "compile", "execfile", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
NEVER_IMPORTED = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "jsonpickle", "joblib"}


def calls(tree: ast.AST) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def imports(tree: ast.AST) -> list[str]:
    packages = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            packages += [name.name.partition(".")[0] for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            packages.append((node.module or "").partition(".")[0])
    return packages


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_no_source_evaluates_or_unpickles(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert not NEVER_CALLED & set(calls(tree))
    assert not NEVER_IMPORTED & set(imports(tree))
    shells = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "shell" and ast.unparse(node.value) != "False"
    ]
    assert not shells, "a shell would read what a file says"


def test_the_scan_detects_calls_and_imports() -> None:
    tree = ast.parse("import pickle\nfrom dill import loads\neval('1')\nos.system('x')")
    assert NEVER_IMPORTED & set(imports(tree)) == {"pickle", "dill"}
    assert NEVER_CALLED & set(calls(tree)) == {"eval", "os.system"}


def test_a_local_ray_is_on_loopback_without_a_dashboard(tmp_path: Path) -> None:
    options = _options(1, 1, tmp_path)
    assert options["_node_ip_address"] == "127.0.0.1"
    assert options["include_dashboard"] is False  # that it does listen there alone, test_fleet.py asks the kernel


HOSTILE = (
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "a" * 100_000,
    "ttnn.\x1b]0;owned\x07add",
    "ttnn.\x00add",
    "ttnn.add\n::error::owned",
    "__import__('os').system('touch owned')",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\u202eddа.nntt",
)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:30])
def test_a_hostile_operation_is_read_as_text(name: str, tmp_path: Path) -> None:
    master = tmp_path / "master.json"
    master.write_text(
        json.dumps({"operations": {name: {"configurations": [{"arguments": [{"arg0": name}], "source": name}]}}}),
        encoding="utf-8",
    )
    [(operation, [configuration])] = Master.read(master).configurations.items()
    assert operation == canonical(name)
    assert [execution.source for execution in configuration.executions] == [name]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["master.json"]


def test_a_hostile_master_does_not_reach_the_terminal(tmp_path: Path) -> None:
    master = tmp_path / "master.json"
    hostile = "ttnn.\x1b]0;owned\x07add\x1b[2J"
    master.write_text(
        json.dumps({"operations": {hostile: {"configurations": [{"arguments": [{"arg0": 1}], "source": hostile}]}}}),
        encoding="utf-8",
    )
    ended = subprocess.run(
        [sys.executable, "-m", "farm", "ops", "--master", str(master)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=tmp_path,
    )
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\x07" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", ["../outside", "../*", "/etc/passwd", "a/../../outside"])
def test_a_module_name_does_not_leave_its_folder(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    module = "parameters = {}\n\n\ndef run():\n    return True, ''\n"
    (tmp_path / "outside.py").write_text(module, encoding="utf-8")
    (inside / "within.py").write_text(module, encoding="utf-8")
    place = module_folder(sweeps=inside)
    try:
        modules = find_modules(place, [name])
    except NothingSelected:
        modules = []
    assert all(Path(str(module.file)).resolve().is_relative_to(inside.resolve()) for module in modules)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", "a\x1b[2J", "a\nb", ""])
def test_a_model_of_a_zoo_is_no_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "model.py").touch()
    zoo = tmp_path / "zoo.yaml"
    zoo.write_text(json.dumps({"models": [{"name": name, "target": "model.py"}]}), encoding="utf-8")
    with pytest.raises(FarmError, match="may hold only letters"):
        Manifest.read(zoo)
