"""A farm whose hosts get lost in the middle of a run: cut off for a moment, cut off for long, killed, the head too."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable

import pytest

from farm.boards.fake import SCRIPT_VARIABLE, Script
from farm.store import RunView, Store
from farm.verdicts import Reason
from tests.farm.hosts.network import Host, ended, network

pytest.importorskip("aiohttp", reason="a farm of several hosts needs ray[default]: uv run --all-groups pytest")

# a head that notices in seconds what it would notice in a minute
IMPATIENT = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "4",
}
A_MOMENT = 1.5
VECTORS = 200


@pytest.mark.ray
def test_hosts_are_cut_off_come_back_and_die_and_nothing_is_lost() -> None:
    each = {"FARM_BOARDS": "fake:n300", "FARM_STORE": "farm.db", SCRIPT_VARIABLE: str(Script(seconds=0.25))}
    with network({"alpha": {**each, **IMPATIENT}, "beta": each, "gamma": each}) as (alpha, beta, gamma):
        alpha.run("farm up --head")
        join = "ssh 10.0.0.1 cat .config/farm/token | farm up --join 10.0.0.1:6379 --token-file -"
        for joining in [host.start(join) for host in (beta, gamma)]:
            ended(joining, join)
        sweep = alpha.start(f"exec farm sweep --suite model_traced --limit {VECTORS} --address 10.0.0.1:6379")
        run = _Run(alpha, sweep)
        run.until(lambda done: done["beta:fake:n300:0"] > 2 and done["gamma:fake:n300:0"] > 2, "all hosts run")

        gamma.cut()
        time.sleep(A_MOMENT)
        gamma.mend()
        before = run.done()["gamma:fake:n300:0"]
        run.until(lambda done: done["gamma:fake:n300:0"] > before, "a host that was cut off for a moment goes on")
        assert not run.lost(), "and nothing of what it ran is tried again"

        beta.cut()
        run.until(lambda _: "beta:fake:n300:0" in run.lost(), "a host that is cut off for long is lost")
        beta.mend()  # what it ran in between is told late, if at all
        gamma.kill()
        run.until(lambda _: "gamma:fake:n300:0" in run.lost(), "a host that dies is lost")
        before = run.done()["alpha:fake:n300:0"]
        run.until(lambda done: done["alpha:fake:n300:0"] > before, "the last host goes on")

        alpha.kill("gcs_server")
        said, _ = sweep.communicate(timeout=120)
        assert sweep.returncode == 3, said
        assert "go on with `farm sweep --resume last`" in said
        stopped = run.view()
        assert stopped.run.finished is not None
        assert all(vector.concluded and not vector.verdict.failed for vector in stopped.vectors)
        good = {vector.vector_id: vector.history for vector in stopped.vectors if vector.verdict.good}
        assert 10 < len(good) < VECTORS

        alpha.kill()  # what is left of Ray
        for _ in range(3):
            said = alpha.run("farm sweep --resume last --retry-infra --boards 'fake:n300*4'", expect=3)
            if "Ray doesn't start" not in said:  # as on a host that is very busy
                break
        able = [vector for vector in run.view().vectors if vector.reason is not Reason.UNSATISFIABLE]
        assert len(able) > VECTORS / 2
        assert all(vector.verdict.good for vector in able), said
        for vector in able:
            assert [tried.verdict.good for tried in vector.history].count(True) == 1, "recorded once"
            assert good.get(vector.vector_id, vector.history) == vector.history, "and as it was"


class _Run:
    """What the store of a running sweep says."""

    def __init__(self, host: Host, sweep: subprocess.Popen[str]) -> None:
        self._path = host.home / "farm.db"
        self._sweep = sweep

    def view(self) -> RunView:
        with Store.open(self._path) as store:
            return store.view(store.runs()[0].id)

    def done(self) -> Counter[str]:
        """Attempts that ended well, by board."""
        if not self._path.exists():
            return Counter()
        with Store.open(self._path) as store:
            runs = store.runs()
            vectors = store.view(runs[0].id).vectors if runs else []
        return Counter(tried.board for vector in vectors for tried in vector.history if tried.verdict.good)

    def lost(self) -> set[str]:
        """Boards whose loss cost a vector an attempt."""
        vectors = self.view().vectors
        return {tried.board for vector in vectors for tried in vector.history if tried.reason is Reason.BOARD_LOST}

    def until(self, holds: Callable[[Counter[str]], bool], what: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not holds(self.done()):
            if self._sweep.poll() is not None or time.monotonic() > deadline:
                self._sweep.kill()
                pytest.fail(f"it never was so: {what}; {self.done()}; the sweep said:\n{self._sweep.communicate()[0]}")
            time.sleep(0.3)
