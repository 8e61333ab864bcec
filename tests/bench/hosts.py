"""64 fake boards of three hosts in network namespaces: the time to first results, and of `farm boards`."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator

from tests.bench.row import Row
from tests.farm.cluster.network import Host, network

HOSTS = {"alpha": 22, "beta": 21, "gamma": 21}
ADDRESS = "10.0.0.1:6379"
MODULE = """
parameters = {"s": {"n": list(range(20000))}}


def run(n, *, device):
    return True, "1.0"
"""


def hosts(full: bool) -> Iterator[Row]:
    """Measure a farm of 64 boards on three hosts, all of them on this machine."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        yield Row("64 fake boards on three hosts", "not measured: network namespaces need root, and iproute2")
        return
    settings = {name: {"FARM_BOARDS": f"fake:n300*{count}"} for name, count in HOSTS.items()}
    with network(settings) as (alpha, beta, gamma):
        _begin(alpha, [beta, gamma])
        idle = min(_list(beta) for _ in range(5 if full else 2))
        yield Row("`farm boards`, 64 fake boards on three hosts, idle", _words(idle), "≤ 2 s", idle[0] <= 2)
        first, busy = _sweep(alpha, beta)
        yield Row("from the command to the first results on them", f"{first:.1f} s", "≤ 15 s", first <= 15)
        yield Row("`farm boards` meanwhile, the slowest", _words(busy), "≤ 2 s", busy[0] <= 2)
        for host in (gamma, beta, alpha):
            host.run("farm down")


def _begin(head: Host, others: list[Host]) -> None:
    """Start the farm; its token goes from home to home."""
    head.run("farm up --head")
    for host in others:
        host.run(f"install -D -m600 {head.home}/.config/farm/token .config/farm/token && farm up --join {ADDRESS}")


def _list(host: Host) -> tuple[float, float]:
    """The seconds of `farm boards`, and the seconds of a core that it used."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    host.run("farm boards")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _words(seconds: tuple[float, float]) -> str:
    return f"{seconds[0]:.1f} s, of which {seconds[1]:.1f} s of a core"


def _sweep(head: Host, other: Host) -> tuple[float, tuple[float, float]]:
    """The seconds until a sweep's first results, and the slowest `farm boards` on another host until it ends."""
    (head.home / "sweeps").mkdir()
    (head.home / "sweeps" / "quick.py").write_text(MODULE)
    began = time.time()
    sweep = head.start(
        f"exec farm sweep --sweeps sweeps --address {ADDRESS} --store farm.db --out out > sweep.log 2>&1"
    )
    lists = []
    while sweep.poll() is None:
        lists.append(_list(other))
    if sweep.returncode != 0:
        raise RuntimeError((head.home / "sweep.log").read_text()[-800:])
    database = sqlite3.connect(head.home / "farm.db")
    [first] = database.execute("select min(started) from attempts").fetchone()
    database.close()
    return float(first) - began, max(lists)
