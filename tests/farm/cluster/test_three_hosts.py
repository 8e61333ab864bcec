"""The commands of docs/farm-of-hosts.md, on three hosts with their own addresses and a machine that only submits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.farm.cluster.listening import is_loopback, listening
from tests.farm.cluster.network import Host, Watch, ended, network

pytest.importorskip("aiohttp", reason="a farm of several hosts needs ray[default]: uv run --all-groups pytest")
pytestmark = pytest.mark.skipif(find_spec("ttnn") is None, reason="ttnn has no wheel for this Python")

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "farm-of-hosts.md"
SLOW_MODULE = '''
"""Vectors that take a while, so that hosts can come and go, until the file ENOUGH is there."""
import os
import time

import ttnn

parameters = {"slow": {"number": list(range(1000))}}


def run(number, *, device):
    if not os.path.exists("ENOUGH"):
        time.sleep(0.3)
    ttnn.empty((32, 32), dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device)
    return True, "1.0"
'''
MODEL = """
import ttnn

device = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
ttnn.relu(ttnn.empty([32, 64], dtype=ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, device=device))
ttnn.close_mesh_device(device)
"""
ZOO = """
models:
  - {name: on-gamma, target: small.py, boards: {kind: p300}, workdir: {ship: models}}
  - {name: on-alpha, target: small.py, boards: {kind: p150}, workdir: {ship: models}}
"""


def documented_lines() -> dict[str, str]:
    """The commands of the page, by their comments, which say where each is run."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = re.findall(r"^(.+?) +# (.+)$", "\n".join(blocks), re.MULTILINE)
    return {comment.split(":")[0]: line for line, comment in lines}


@pytest.mark.ray
@pytest.mark.ttnn
def test_three_hosts() -> None:
    commands = documented_lines()
    offers = {"alpha": "mock:n150,mock:p150", "beta": "mock:n300", "gamma": "mock:p300"}
    settings = {name: {"FARM_BOARDS": boards} for name, boards in offers.items()}
    with network({**settings, "laptop": {}}) as (alpha, beta, gamma, laptop):
        enough = alpha.home.parent / "enough"
        assert "alpha:mock:n150:0" in alpha.run(commands["on the head"])
        assert (alpha.home / ".config/farm/token").stat().st_mode & 0o077 == 0
        joining = beta.start(commands["on every other host"])
        _wrong_tokens_are_refused(gamma, laptop)
        ended(joining, "beta joins")

        with Watch(alpha) as watch:
            _prepare_work(laptop, enough)
            laptop.run(commands["anywhere else, once"])
            sweep = laptop.start(_here(commands["a folder goes along, its report comes back"]))
            _until(lambda: watch.runs_vectors("beta:mock:n300:0"), "the sweep runs on beta", sweep)
            _strangers_are_refused((alpha, beta), laptop)
            gamma.run(commands["on every other host"])
            _until(lambda: watch.runs_vectors("gamma:mock:p300:0"), "a new kind that joins in mid-run gets work", sweep)
            beta.run(commands["a host leaves"])
            _until(lambda: "beta:mock:n300:0" not in watch.states, "beta left", sweep)
            [run] = watch.farm["runs"]
            assert (run["priority"], run["max_boards"]) == (1, 8)
            assert sweep.poll() is None, "the sweep goes on without it"
            enough.touch()
            printed = ended(sweep, "the sweep")
            assert "::farm-" not in printed
            _assert_report_is_complete(json.loads((laptop.home / "out" / "report.json").read_text()))

            printed = laptop.run(_here(commands["a zoo of models is traced; the master comes back"]))
            master = json.loads((laptop.home / "out" / "master.json").read_text())
            assert "ttnn.relu" in master["operations"], printed
            assert "2 of 2, 2 validated" in printed
            _manage_a_board(alpha)
            assert "alpha:mock:n150:0" in alpha.run(commands["on any of them"])
        gamma.run(commands["a host leaves"])
        alpha.run(commands["a host leaves"])
        assert not [pid for host in (alpha, beta, gamma) for pid in host.processes()], "every process was ended"


def _here(line: str) -> str:
    """A line for the laptop's shell, after the line that exports its settings."""
    return f"{documented_lines()['anywhere else']} && {line}"


def _prepare_work(laptop: Host, enough: Path) -> None:
    """Write the modules and models that the laptop sends along: no other host has a copy."""
    for name, text in (
        ("sweeps/slow.py", SLOW_MODULE.replace("ENOUGH", str(enough))),
        ("models/small.py", MODEL),
        ("zoo.yaml", ZOO),
    ):
        path = laptop.home / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _wrong_tokens_are_refused(host: Host, laptop: Host) -> None:
    make = "umask 077; printf %032d 0 > wrong; exec farm"
    joining = host.start(f"{make} up --join 10.0.0.1:6379 --boards mock:p150 --token-file wrong")
    submitting = laptop.start(f"{make} submit --jobs http://10.0.0.1:8265 --token-file wrong -- boards")
    for process in (joining, submitting):
        printed = ended(process, "a wrong token", expect=3)
        assert "refuses the token" in printed
        assert "Traceback" not in printed
    assert not host.processes()


def _strangers_are_refused(farm: Sequence[Host], stranger: Host) -> None:
    """Call all that listens for other hosts, from one without the token: nothing but health checks answers."""
    lines = []
    for host in farm:
        addresses = listening([int(pid) for pid in host.processes()])
        ports = sorted({port for address, port in addresses if not is_loopback(address)})
        assert ports, "a host listens, or this looks at the wrong processes"
        lines.append(f"{sys.executable} -m tests.farm.cluster.strangers {host.address} {' '.join(map(str, ports))}")
        if host is farm[0]:
            assert {6379, 8265} <= set(ports)
    printed = stranger.run(f"export PYTHONPATH={PROJECT} PYTHONWARNINGS=ignore; {' & '.join(lines)} & wait")
    answers = [json.loads(line) for line in printed.splitlines()]
    assert sorted(answers, key=str) == sorted(({"asked": host.address} for host in farm), key=str)


def _manage_a_board(host: Host) -> None:
    """Hold, probe and release a board."""
    board = "gamma:mock:p300:0"
    printed = host.run(
        f"farm boards hold {board} --why 'to be looked at' --json && farm boards --json "
        f"&& farm boards probe {board} && farm boards release {board}"
    )
    assert '"action": "hold"' in printed
    assert '"why": "held by' in printed
    assert f"{board} passed its check" in printed
    assert f"{board} may be used again" in printed


def _assert_report_is_complete(report: dict[str, Any]) -> None:
    assert report["counts"]["planned"] == report["counts"]["validated"] == 1000
    assert all(vector["attempts"] == 1 for vector in report["vectors"]), "nothing is retried for a drained host"
    ran = Counter(vector["board"] for vector in report["vectors"])
    assert set(ran) == {"alpha:mock:n150:0", "alpha:mock:p150:0", "beta:mock:n300:0", "gamma:mock:p300:0"}
    logs = {board["host"]: board["log"] for board in report["run"]["boards"]}
    assert "/gamma/" in logs["gamma"]["path"], "a log is on its board's host"
    assert "supervised by process" in logs["gamma"]["tail"]
    assert " DEBUG " not in logs["gamma"]["tail"]


def _until(condition: Callable[[], bool], what: str, sweep: subprocess.Popen[str], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if sweep.poll() is not None or time.monotonic() > deadline:
            sweep.kill()
            pytest.fail(f"never happened: {what}; the sweep printed:\n{sweep.communicate()[0]}")
        time.sleep(0.1)


def test_the_network_leaves_nothing() -> None:
    with network({"one": {}}) as [host]:
        assert host.processes() == []
    assert not Path("/var/run/netns", host.namespace).exists()
    assert not host.home.exists()
