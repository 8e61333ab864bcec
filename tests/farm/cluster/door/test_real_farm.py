"""A farm of this host with a door on loopback, used by people with role tokens, from `farm up` to `farm down`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from farm.cluster.nodes.node import own_address
from farm.core.errors import NotRunnable
from tests.farm.cluster.nodes.test_encrypted_farm import free_ports

pytest.importorskip("aiohttp", reason="a head needs the extra cluster: uv run --all-groups pytest")
pytest.importorskip("uvicorn")


class Shell:
    """Runs farm's commands with a home of their own."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        home.mkdir()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FARM_", "RAY_"))}
        self.environment = {
            **inherited,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_DATA_HOME": str(home / "data"),
            **settings,
        }

    def _done(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "farm", *words],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *words: str, expect: int = 0) -> str:
        """What a command prints to stdout; to stderr, where it is expected to fail."""
        done = self._done(*words)
        assert done.returncode == expect, f"{words}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout if expect == 0 else done.stderr

    def succeeds(self, *words: str) -> bool:
        return self._done(*words).returncode == 0

    def keep_token(self, token: str) -> None:
        path = self.home / "config" / "farm" / "token"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(token)
        path.chmod(0o600)


@contextmanager
def head_with_door(home: Path) -> Iterator[tuple[Shell, str, str]]:
    """A head with two fake boards; its address and the URL of its door."""
    try:
        address = own_address()
    except NotRunnable as error:
        pytest.skip(f"this host has no network: {error}")
    ports = free_ports(address)
    port, jobs_port, door_port = next(ports), next(ports), next(ports)
    head = Shell(home, FARM_NAME="lab", FARM_BOARDS="fake:n300*2", FARM_JOB_ISOLATION="process")
    door = f"127.0.0.1:{door_port}"
    try:
        head.run(
            *("up", "--head", "--address", address, "--port", str(port), "--jobs-port", str(jobs_port), "--door", door)
        )
        yield head, f"{address}:{port}", f"http://{door}"
    finally:
        head.run("down")


BOARD = "lab:fake:n300:0"
PATIENT = 60.0
"""Seconds after which a test that waits for the door has failed."""


MODULE = """
parameters = {"all": {"number": [1, 2]}}


def run(number, *, device):
    return [(True, "1.0"), 1.0]
"""
"""A sweep module with two vectors."""


def door_process(state: Path) -> int | None:
    """The id of the door's process of a state folder."""
    words = [b"farm.cluster.door.process", os.fsencode(state)]
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal() and (folder / "cmdline").read_bytes().split(b"\0")[2:4] == words:
                return int(folder.name)
    return None


def await_another_door(person: Shell, state: Path, killed: int) -> None:
    """Wait until a person is answered by a door that was started after another one was killed."""
    deadline = time.monotonic() + PATIENT
    while door_process(state) in (None, killed) or not person.succeeds("boards"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def look_at_a_job(ron: Shell, olga: Shell) -> None:
    """Ron ships a sweep module beside files that would end farm if they took the place of modules; he gets a report."""
    work = ron.home / "work"
    work.mkdir()
    (work / "mine.py").write_text(MODULE)
    for name in ("farm.py", "json.py", "sitecustomize.py"):
        (work / name).write_text("raise SystemExit('shipped files take the place of modules')")
    assert "takes no --store" in ron.run("submit", "--", "sweep", "--store", "x.db", expect=2)
    printed = ron.run("submit", "--ship", "work", "--", "sweep", "--sweeps", "mine.py", "--json")
    report = json.loads((ron.home / "farm-out" / "report.json").read_text())
    assert {each["verdict"] for each in report["vectors"]} == {"validated"}, printed
    [job] = json.loads(ron.run("jobs", "list", "--json"))
    assert (job["who"], job["verified"], job["state"], job["exit_code"]) == ("ron", True, "ended", 0)
    assert "--isolate process" in job["command"]
    assert ron.run("jobs", "log", job["id"]) == printed
    assert json.loads(olga.run("jobs", "list", "--json")) == [job]
    assert "has ended" in olga.run("jobs", "stop", job["id"], expect=3)
    assert "you have no job" in ron.run("jobs", "log", "farm-0000000000000000", expect=2)


@pytest.mark.ray
def test_people_with_roles_use_a_farm_through_its_door(tmp_path: Path) -> None:
    with head_with_door(tmp_path / "head") as (head, _, url):
        people = {name: Shell(tmp_path / name, FARM_ADDRESS=url) for name in ("vera", "rob", "olga", "ron")}
        for (name, shell), role in zip(people.items(), ("view", "view", "operate", "run"), strict=True):
            shell.keep_token(head.run("tokens", "add", name, "--role", role))
        vera, olga = people["vera"], people["olga"]

        boards = json.loads(vera.run("boards", "--json"))["boards"]
        assert [board["id"] for board in boards] == [BOARD, "lab:fake:n300:1"]
        refusal = vera.run("boards", "hold", BOARD, expect=3)
        assert refusal == "farm: you are vera, with the role view: to hold needs the role operate\n"
        needed = "farm: you are vera, with the role view: to submit needs the role run\n"
        assert vera.run("submit", "--", "sweep", "--suite", "model_traced", expect=3) == needed
        assert "is the door of a farm" in vera.run("sweep", "--suite", "model_traced", expect=2)

        assert olga.run("boards", "hold", BOARD, "--why", "loud") == f"{BOARD} is held: loud\n"
        assert "held by olga: loud" in json.dumps(json.loads(head.run("boards", "--json")))
        shown = json.loads(vera.run("boards", "--json"))["boards"]
        assert shown[0]["why"] == "held by olga: loud", "the door shows what was done by it"
        assert "passed its check" in olga.run("boards", "probe", "lab:fake:n300:1")
        olga.run("boards", "release", BOARD)
        assert "the farm has no board" in olga.run("boards", "reset", "nothing", expect=2)

        look_at_a_job(people["ron"], olga)

        head.run("tokens", "remove", "olga")
        assert "refuses the token in" in olga.run("boards", expect=3)

        state = tmp_path / "head" / "state" / "farm" / "host"
        killed = door_process(state)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        await_another_door(vera, state, killed)
        assert "holds no role token" in head.run("boards", "--address", url, expect=2)

        head.run("boards", "hold", BOARD, "--why", "typed on the head")
        log = json.loads(vera.run("boards", "log", "--json"))
        by_ron = [each["detail"] for each in log if each["who"] == "ron" and each["action"] == "refused"]
        assert by_ron[0] == "submit: the door takes no --store: results go to the store of the head"
        assert by_ron[1].startswith("follow a job: ")
        jobs = [(each["who"], each["verified"]) for each in log if each["action"] == "job"]
        assert jobs == [("ron", True)], "the door logs its jobs, and nobody else does"
        log = [each for each in log if each["who"] != "ron"]
        done = [(each["action"], each["who"], each["verified"]) for each in log if each["name"] in (BOARD, "door")]
        assert done[:2] == [("refused", "vera", True)] * 2
        assert done[2:5] == [("hold", "olga", True), ("release", "olga", True), ("refused", "olga", True)]
        assert [(action, verified) for action, _, verified in done[5:]] == [("refused", False), ("hold", False)]
        assert [each["name"] for each in log if each["action"] == "token added"] == ["vera", "rob", "olga", "ron"]
        used = {each["name"]: each["last_used"] for each in json.loads(head.run("tokens", "list", "--json"))}
        assert used["vera"] is not None
        assert used["rob"] is None
    assert not (state / "up.json").exists()
    assert "Traceback" not in (state / "door.log").read_text()
