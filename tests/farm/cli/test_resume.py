"""`farm sweep --resume`, with a driver that is killed at any moment."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from farm.board.backends.fake import SCRIPT_VARIABLE, Script
from farm.core.verdicts import Reason
from farm.store import RunView, Store

SWEEP = [sys.executable, "-m", "farm", "sweep"]
VECTORS = 150


def killed_sweep(store: Path, seconds: float) -> None:
    """A sweep over fake boards whose driver is killed so long after its first recorded attempt."""
    script = str(Script(seconds=0.02))
    command = [
        *SWEEP,
        "--suite",
        "model_traced",
        "--boards",
        "fake:n300*2",
        "--limit",
        str(VECTORS),
        "--store",
        str(store),
    ]
    with subprocess.Popen(
        command, env={**os.environ, SCRIPT_VARIABLE: script}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline and not tried(store):
            time.sleep(0.2)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)


def tried(store: Path) -> bool:
    if not store.exists():
        return False
    view = last(store)
    return view is not None and any(vector.history for vector in view.vectors)


def last(store: Path) -> RunView | None:
    with Store.open(store) as opened:
        runs = opened.runs()
        return opened.view(runs[0].id) if runs else None


@pytest.mark.ray
def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    store = tmp_path / "farm.db"
    killed_sweep(store, random.Random().uniform(0.0, 0.6))
    before = last(store)
    assert before is not None
    recorded = {vector.vector_id: vector.history for vector in before.vectors if vector.history}
    assert recorded
    assert before.run.finished is None
    done = subprocess.run(
        [*SWEEP, "--resume", "last", "--store", str(store), "--json", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    # the shipped master has vectors that no n300 can run: that is code 3
    assert done.returncode in (0, 3), done.stderr
    counts = json.loads(done.stdout)["counts"]
    assert counts["planned"] == VECTORS
    assert counts["validated"] > VECTORS / 2
    after = last(store)
    assert after is not None
    assert after.run.id == before.run.id
    for vector in after.vectors:
        if vector.reason is Reason.UNSATISFIABLE:
            continue
        assert vector.verdict.good
        expected = recorded.get(vector.vector_id)
        assert vector.history == expected if expected else len(vector.history) == 1
    code, message = refused("--resume", "last", "--store", str(store))
    assert (code, "is complete" in message) == (4, True)


def refused(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([*SWEEP, *arguments], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--retry-failed", "--suite", "model_traced"], "name it with --resume"),
        (["--resume", "last", "--store", "nowhere.db"], "there is no results store"),
    ],
)
def test_wrong_options_are_refused(arguments: list[str], message: str) -> None:
    code, output = refused(*arguments)
    assert code in (2, 3)
    assert message in output
