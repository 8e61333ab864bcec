"""Three hosts with addresses of their own, and a fourth machine that only submits: what the README's section says."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.farm.hosts.network import Host, network

pytest.importorskip("aiohttp", reason="a farm of several hosts needs ray[default]: uv run --all-groups pytest")
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

SLOW_MODULE = '''
"""Vectors that take a while, so that hosts can come and go, until the file ENOUGH is there."""
import os
import time

import ttnn

parameters = {"slow": {"number": list(range(2000))}}


def run(number, *, device):
    if not os.path.exists("ENOUGH"):
        time.sleep(0.3)
    ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    return True, "1.0"
'''


@pytest.mark.ray
@pytest.mark.ttnn
def test_three_hosts(tmp_path: Path) -> None:
    with network(tmp_path, "alpha", "beta", "gamma", "laptop") as (alpha, beta, gamma, laptop):
        head = f"{alpha.address}:6379"
        told = alpha.farm(
            *("up", "--head", "--boards", "mock:n150,mock:p150", "--address", alpha.address, "--jobs-on", alpha.address)
        )
        assert "alpha:mock:n150:0" in told
        assert alpha.token.stat().st_mode & 0o077 == 0
        for host in (beta, gamma, laptop):
            _hand_over(alpha, host)
        beta.farm("up", "--join", head, "--boards", "mock:n300")
        _a_wrong_token_gets_nothing(gamma, laptop, alpha, head)

        sweeps = tmp_path / "sweeps"  # a path on every host
        sweeps.mkdir()
        (sweeps / "slow.py").write_text(SLOW_MODULE.replace("ENOUGH", str(tmp_path / "enough")))
        sweep = laptop.start(
            *("submit", "--out", "out", "--"),
            *("sweep", "--sweeps", str(sweeps), "--module", "slow", "--boards", "auto"),
            extra={"FARM_ADDRESS": head},
        )
        _until(lambda: _states(alpha)["beta:mock:n300:0"] == "busy", "the sweep runs on beta", sweep)
        gamma.farm("up", "--join", head, "--boards", "mock:n300")
        _until(lambda: _states(alpha)["gamma:mock:n300:0"] == "busy", "a host that joins in mid-run gets work", sweep)
        beta.farm("down", "--drain")
        assert "beta:mock:n300:0" not in _states(alpha)
        assert sweep.poll() is None, "the sweep goes on without it"
        (tmp_path / "enough").touch()

        printed, _ = sweep.communicate(timeout=200)
        assert sweep.returncode == 0, printed
        assert "::farm-" not in printed
        _report_is_whole(json.loads((laptop.folder / "out" / "report.json").read_text()))

        assert set(_states(alpha).values()) == {"free"}
        alpha.farm("boards", "hold", "gamma:mock:n300:0", "--why", "to be looked at")
        assert _states(alpha)["gamma:mock:n300:0"] == "held"
        alpha.farm("boards", "release", "gamma:mock:n300:0")
        gamma.farm("down")
        alpha.farm("down")
        assert not [pid for host in (alpha, beta, gamma) for pid in host.processes()], "what was started is ended"


def _hand_over(head: Host, host: Host) -> None:
    host.token.write_text(head.token.read_text())
    host.token.chmod(0o600)


def _a_wrong_token_gets_nothing(host: Host, laptop: Host, head: Host, address: str) -> None:
    wrong = host.folder / "wrong"
    wrong.write_text("0" * 32)
    wrong.chmod(0o600)
    told = host.farm("up", "--join", address, "--boards", "mock:p150", "--token-file", str(wrong), expect=3)
    assert "refuses the token" in told
    jobs = ("--jobs", f"http://{head.address}:8265")
    told = laptop.farm("submit", *jobs, "--token-file", str(wrong), "--", "boards", expect=3)
    assert "refuses the token" in told
    assert "Traceback" not in told
    assert not host.processes()


def _states(host: Host) -> dict[str, str]:
    view = json.loads(host.farm("boards", "--json"))
    return {board["id"]: board["state"] for board in view["boards"]}


def _report_is_whole(report: dict[str, Any]) -> None:
    assert report["counts"]["planned"] == report["counts"]["validated"] == 2000
    assert all(vector["attempts"] == 1 for vector in report["vectors"]), "nothing is retried for a drained host"
    ran = Counter(vector["board"] for vector in report["vectors"])
    assert set(ran) == {"alpha:mock:n150:0", "alpha:mock:p150:0", "beta:mock:n300:0", "gamma:mock:n300:0"}


def _until(holds: Callable[[], bool], what: str, sweep: subprocess.Popen[str], seconds: float = 150) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if sweep.poll() is not None or time.monotonic() > deadline:
            sweep.kill()
            pytest.fail(f"it never was so: {what}; the sweep said:\n{sweep.communicate()[0]}")
        time.sleep(0.2)


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_the_network_leaves_nothing(tmp_path: Path) -> None:
    with network(tmp_path, "one") as [host]:
        assert host.processes() == []
    assert not Path("/var/run/netns", host.namespace).exists()
