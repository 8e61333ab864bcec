"""The main job from the command line, as a new user runs it: real Ray, real ttnn on mock boards, one report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = [
    pytest.mark.ttnn,
    pytest.mark.ray,
    pytest.mark.skipif(find_spec("ttnn") is None, reason="ttnn has no wheel for this Python"),
]


@pytest.fixture
def farm(tmp_path: Path) -> Any:
    """Run `farm sweep` in a process of its own; return its exit code, its output, and report.json."""

    def run(*arguments: str) -> tuple[int, str, dict[str, Any]]:
        out = tmp_path / "out"
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "farm",
                "sweep",
                *arguments,
                "--out",
                str(out),
                "--store",
                str(tmp_path / "farm.db"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        report = out / "report.json"
        return ended.returncode, ended.stdout + ended.stderr, json.loads(report.read_text()) if report.exists() else {}

    return run


def test_the_shipped_add_configurations(farm: Any, tmp_path: Path) -> None:
    code, output, report = farm("--suite", "model_traced", "--op", "add")
    assert code == 0, output
    planned = report["counts"]["planned"]
    assert planned >= 10
    assert report["counts"]["validated"] == planned
    assert f"planned {planned} = {planned} validated" in output
    assert {vector["operation"] for vector in report["vectors"]} == {"ttnn.add"}
    assert report["run"]["ttnn_version"]
    assert (tmp_path / "out" / "summary.md").read_text()
    suites = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()  # noqa: S314 - our own file
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == (str(planned), "0", "0")
    assert not list(tmp_path.glob("generated")), "ttnn's own files stay out of the user's folder"


MEANS = {
    "711057d7a75c51b5",
    "d1f71a0bc9c3ea6f",
    "298d78c24aebf8e1",
    "2568a20a45417046",
    "4d44cb58c23f14e8",
    "26978d421db73e44",
}
"""Configurations of `ttnn.mean` whose outputs are BFLOAT8_B from ttnn 0.72 on, as traced; before, BFLOAT16."""
REFUSED = {"9fad10355bef9bd6": "ttnn.reshape", "2083175eae70c2e2": "ttnn.reshape", "c2c2400b40a5d736": "ttnn.transpose"}
"""Real configurations that ttnn 0.81 refuses, and 0.66 accepted."""


def _is_oldest() -> bool:
    return metadata.version("ttnn").startswith("0.66.")


def test_the_whole_shipped_master_is_validated(farm: Any) -> None:
    code, output, report = farm("--suite", "model_traced")
    failed = {vector["vector_id"] for vector in report["vectors"] if vector["verdict"] != "validated"}
    assert failed == (MEANS if _is_oldest() else set()), output
    assert code == (1 if failed else 0)
    assert report["counts"]["planned"] == report["counts"]["validated"] + len(failed) >= 600
    assert not [vector for vector in report["vectors"] if vector["inexact"]]


def test_the_real_master_is_accounted_for_to_the_last_configuration(farm: Any, shared_data: Path) -> None:
    """Of 555 real configurations, 543 can run. The other 12 can't, since their trace lost the Conv2dConfig."""
    master = str(shared_data / "master_n300_2025-11_v1.json")
    code, output, report = farm("--suite", "model_traced", "--master", master, "--boards", "mock:n300*2")
    refused = {} if _is_oldest() else REFUSED
    assert code == (1 if refused else 3), output
    vectors = report["vectors"]
    assert len(vectors) == report["counts"]["planned"] == 555
    by_verdict = Counter(vector["verdict"] for vector in vectors)
    assert (by_verdict["validated"], by_verdict["not_run"]) == (543 - len(refused), 12)
    assert refused == {
        vector["vector_id"]: vector["operation"]
        for vector in vectors
        if vector["verdict"] not in ("validated", "not_run")
    }
    not_run = [vector for vector in vectors if vector["verdict"] == "not_run"]
    assert {(vector["operation"], vector["reason"]) for vector in not_run} == {("ttnn.conv2d", "lost_argument")}
    assert all("conv_config" in vector["message"] and "TT_" in vector["message"] for vector in not_run)
    gathers = [vector for vector in vectors if vector["operation"] == "ttnn.experimental.all_gather_async"]
    assert Counter(vector["verdict"] for vector in gathers) == {"validated": 27}
    lost = Counter(each.split(" ")[0].rstrip(":") for vector in vectors for each in vector["inexact"])
    assert lost == {"arg15": 46, "arg18": 46, "arg14": 27, "arg6": 27 + 12, "arg7": 27 + 3, "arg3": 26}
    assert sum(value for name, value in report["counts"].items() if name != "planned") == 555


def test_good_configurations_run_beside_a_broken_one(farm: Any, tmp_path: Path) -> None:
    tensor = {
        "type": "ttnn.Tensor",
        "original_shape": [1, 1, 32, 32],
        "original_dtype": "DataType.BFLOAT16",
        "layout": "Layout.TILE",
        "storage_type": "StorageType.DEVICE",
        "memory_config": {"memory_layout": "TensorMemoryLayout.INTERLEAVED", "buffer_type": "BufferType.DRAM"},
    }
    good, bad = {"arguments": {"arg0": tensor}}, {"arguments": {"arg0": {**tensor, "original_shape": [1, "two"]}}}
    master = tmp_path / "master.json"
    master.write_text(json.dumps({"operations": {"ttnn.relu": {"configurations": [good, bad]}}}))
    code, output, report = farm("--suite", "model_traced", "--master", str(master), "--boards", "mock:n150")
    assert code == 3, output
    assert {vector["verdict"]: vector["reason"] for vector in report["vectors"]} == {
        "validated": "",
        "not_run": "broken_configuration",
    }
    assert "ttnn.relu" in output
    assert "arg0" in output
