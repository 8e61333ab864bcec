"""A farm whose hosts have different versions of ttnn: two hosts with their own addresses, and mock boards."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.farm.cluster.network import Host, network

pytest.importorskip("aiohttp", reason="a farm of several hosts needs ray[default]: uv run --all-groups pytest")
pytestmark = pytest.mark.skipif(find_spec("ttnn") is None, reason="ttnn has no wheel for this Python")

# Fails under one of the versions. Each board waits for the other in its first vector, so that both take part.
MODULE = """
import importlib.metadata
import pathlib
import time

PLACE = pathlib.Path("FOLDER")
VERSION = importlib.metadata.version("ttnn")
parameters = {"some": {"number": list(range(60))}}


def run(number, *, device):
    (PLACE / f"seen-{VERSION}").touch()
    while len(list(PLACE.glob("seen-*"))) < VERSIONS:
        time.sleep(0.1)
    if "post" in VERSION:
        raise RuntimeError(f"ttnn {VERSION} refuses it")
    return True, "1.0"
"""


def interpreter_of(version: str, folder: Path) -> Path:
    """This interpreter, whose ttnn calls itself another version."""
    package = folder / "packages" / f"ttnn-{version}.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: ttnn\nVersion: {version}\n")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexport PYTHONPATH="{package.parent}:$PYTHONPATH"\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python


def write_module(host: Host, versions: int) -> None:
    """Write the module; its vectors wait until so many versions have one."""
    place = host.home / "sweeps"
    place.mkdir(exist_ok=True)
    for seen in place.glob("seen-*"):
        seen.unlink()
    (place / "mixed.py").write_text(MODULE.replace("FOLDER", str(place)).replace("VERSIONS", str(versions)))


@pytest.mark.ray
@pytest.mark.ttnn
def test_a_farm_of_two_versions() -> None:
    own = importlib.metadata.version("ttnn")
    other = f"{own}.post1"
    with network({"alpha": {"FARM_BOARDS": "mock:n150"}, "beta": {"FARM_BOARDS": "mock:n150*2"}}) as (alpha, beta):
        python = interpreter_of(other, beta.home)
        alpha.run("farm up --head")
        beta.run(f"farm up --join 10.0.0.1:6379 --python {python} --token-file {alpha.home}/.config/farm/token")
        boards = json.loads(alpha.run("farm boards --json"))["boards"]
        assert {board["host"]: board["ttnn"] for board in boards} == {"alpha": own, "beta": other}
        sweep = "farm sweep --sweeps sweeps --address 10.0.0.1:6379 --timeout 200 --retries 0"

        write_module(alpha, versions=2)
        printed = alpha.run(f"{sweep} --out mixed", expect=1)
        assert "these boards are opened by different versions" in printed
        _assert_each_verdict_has_its_version(alpha, own, other)

        write_module(alpha, versions=1)
        printed = alpha.run(f"{sweep} --out old --ttnn '=={own}'")
        assert f"2 boards with ttnn {other} are left out: beta" in printed
        report = json.loads((alpha.home / "old" / "report.json").read_text())
        assert {board["host"] for board in report["run"]["boards"]} == {"alpha"}
        assert report["run"]["spec"]["ttnn"] == f"=={own}"
        assert report["counts"]["validated"] == report["counts"]["planned"] == 60
        assert {vector["ttnn_version"] for vector in report["vectors"]} == {None}

        printed = alpha.run(f"{sweep} --ttnn '>=1000'", expect=3)
        assert f"it has ttnn {own} (1 board), {other} (2 boards)" in printed
        beta.run("farm down")
        alpha.run("farm down")


def _assert_each_verdict_has_its_version(host: Host, own: str, other: str) -> None:
    report: dict[str, Any] = json.loads((host.home / "mixed" / "report.json").read_text())
    assert report["counts"]["planned"] == 60
    verdicts = {(vector["ttnn_version"], vector["verdict"]) for vector in report["vectors"]}
    assert verdicts == {(own, "validated"), (other, "fail_assert_exception")}
    assert report["run"]["ttnn_version"] == f"{own}, {other}"
    summary = (host.home / "mixed" / "summary.md").read_text()
    assert "### Verdicts by version of ttnn" in summary
