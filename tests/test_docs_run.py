"""What the README and docs/ tell the reader to type works: each page's commands run in order, in a folder of their own.

A block that needs silicon, other hosts, a database server, the network or many minutes is on the list `NOT_RUN`;
`test_docs` still checks its commands and options. Python and YAML blocks whose first line names a file are written to
it; other Python blocks are run. A `text` block of the README is the output of the commands before it: each of its lines
must have been printed, other numbers aside.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.markdown import PAGES, ROOT, Block, blocks

pytestmark = [
    pytest.mark.ttnn,
    pytest.mark.ray,
    pytest.mark.skipif(find_spec("ttnn") is None, reason="ttnn has no wheel for this Python"),
]

NOT_RUN = {
    "README.md: pip install uv": "sets this checkout up",
    "CONTRIBUTING.md: pip install uv": "sets this checkout up, and runs all that CI does",
    "CONTRIBUTING.md: uv run pytest tests/farm/board/test_supervisor.py": "steps of .ci/run",
    "docs/first-sweep.md: pip install uv": "sets this checkout up",
    "docs/farm-of-hosts.md: farm up --head --jobs-on 10.0.0.1": "needs hosts: tests/farm/cluster/test_three_hosts.py",
    "docs/farm-of-hosts.md: farm sweep --suite model_traced --address 10.0.0.1:6379": "needs hosts",
    "docs/first-sweep.md: farm sweep --resume last --retry-failed --retry-infra": "needs a run that did not end",
    "docs/trace-a-model.md: pytest -p tracer.plugin --trace-to trace.jsonl tracer/zoo/test_mobilenetv2.py": (
        "needs a board that the process itself opens"
    ),
    "docs/farm-of-hosts.md: ssh 10.0.0.1 cat .config/farm/token | install -Dm600 /dev/stdin .config/farm/token": (
        "needs hosts: tests/farm/cluster/test_three_hosts.py"
    ),
    "docs/farm-of-hosts.md: farm sweep --suite model_traced --address 10.0.0.1:6379 --ttnn '>=0.80'": (
        "needs hosts: tests/farm/cluster/test_mixed_ttnn.py"
    ),
    "docs/configuration.md: farm config trust": "needs a farm.toml in the folder: tests/farm/core/test_settings.py",
    "docs/farm-of-hosts.md: farm boards --watch": "needs hosts",
    "docs/farm-of-hosts.md: scp -rp certificates/10.0.0.2 10.0.0.2:.config/farm/certificates": "needs hosts",
    "docs/upgrade.md: farm bisect --op mean --vector 711057d7a75c51b5 --from 0.66.0 --to 0.81.1": (
        "installs six versions of ttnn: tests/farm/versions/test_bisect.py"
    ),
    "docs/upgrade.md: farm bisect --op mean --vector 711057d7a75c51b5 --python old/python --python new/python": (
        "needs two interpreters and a command that builds a third"
    ),
    "docs/sweep-modules.md: farm sweep --vectors tests/sweep_framework/vectors_export --tt-metal . --suite nightly": (
        "needs a checkout of tt-metal with exported vectors: tests/farm/sweeps/test_exports.py"
    ),
    "docs/ci.md: farm ci matrix --sweeps sweeps --suite nightly --boards silicon:n300 --boards silicon:p150": (
        "needs the boards of a job: tests/farm/ci/test_github.py"
    ),
    "docs/numbers-without-hardware.md: mkdir -p ~/ttsim/wormhole": "needs downloads from outside the package index",
    "docs/performance.md: uv run python -m tests.bench --full": "takes half an hour",
    "docs/guarantees.md: uv run --group cluster python -m tests.chaos --seed 1": "takes minutes",
}
"""The blocks that are not run, each with its reason."""

WITH_COMMANDS = [page for page in PAGES if any(block.language in ("sh", "python") for block in blocks(page))]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A reader's environment: a home and a results store of their own, and this checkout's farm."""
    return {
        **os.environ,
        "HOME": str(tmp_path),
        "FARM_STORE": str(tmp_path / "farm.db"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CI": "1",
    }


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_the_commands_of_a_page(page: Path, tmp_path: Path, environment: Mapping[str, str]) -> None:
    shutil.copytree(ROOT / "tracer" / "zoo", tmp_path / "tracer" / "zoo")
    printed = ""
    for block in blocks(page):
        if block.language in ("python", "yaml"):
            printed += _write_or_run(block, tmp_path, environment)
        elif block.language == "sh" and block.name not in NOT_RUN:
            printed += _run(
                ["bash", "-euo", "pipefail", "-c", block.text.replace("uv run ", "")], tmp_path, environment
            )
        elif block.language == "text" and page.name == "README.md":
            _compare(block, printed)


def test_the_list_of_blocks_not_run_holds_no_others() -> None:
    names = {block.name for page in PAGES for block in blocks(page) if block.language == "sh"}
    assert set(NOT_RUN) <= names


def _write_or_run(block: Block, folder: Path, environment: Mapping[str, str]) -> str:
    file = re.match(r"# (\S+\.(py|yaml))\n", block.text)
    if file is None:
        return _run([sys.executable, "-c", block.text], folder, environment)
    path = folder / file[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    return ""


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=540, check=False
    )
    assert ended.returncode == 0, f"{command[-1]}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout + ended.stderr


def _compare(block: Block, printed: str) -> None:
    """Find each line of a shown output in what was printed. Numbers may differ, and `...` stands for more lines."""
    lines = {_without_numbers(line) for line in printed.splitlines()}
    for line in block.text.splitlines():
        if line != "...":
            assert _without_numbers(line) in lines, f"{block.page} shows {line!r}, but the output was\n{printed}"


def _without_numbers(line: str) -> str:
    line = re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "RUN", line)
    line = re.sub(r"\b[\d.:]+ (s|min|h)\b", "SPAN", " ".join(line.split()))
    line = line.replace("attempts", "attempt")  # how many vectors a board gets varies; one is "1 attempt"
    return re.sub(r"\d+(\.\d+)*", "N", line)
