"""Test hosts: network namespaces on one bridge, each with its own address, home and temporary folder."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

_NETWORKS = itertools.count()
PLACE = Path("/var/tmp")  # noqa: S108 - not in what is covered
SSH = '#!/bin/sh\n# ssh HOST COMMAND, for the head alone\nshift\ncd {head} && exec sh -c "$*"\n'
FARM = '#!/bin/sh\nexec {python} -m farm "$@"\n'
TEMPORARY = Path("/tmp")  # noqa: S108 - each host has one of its own


@dataclass(frozen=True)
class Host:
    """A network namespace with an address, and the folder that is its home.

    Attributes:
        name: its name in the farm.
        namespace: its name for `ip netns`.
        address: the address of its one interface.
        home: the home folder, in which commands run.
        settings: its `FARM_...` variables.
        link: the end of its cable at the bridge.
    """

    name: str
    namespace: str
    address: str
    home: Path
    settings: Mapping[str, str]
    link: str

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FARM_", "RAY_", "XDG_"))}
        path = f"{self.home.parent / 'bin'}:{kept['PATH']}"
        return {**kept, "HOME": str(self.home), "PATH": path, "FARM_NAME": self.name, **self.settings}

    def start(self, line: str) -> subprocess.Popen[str]:
        """Start a line of shell on this host."""
        inside = ["sh", "-c", f'{_own_temporary(self.home / "tmp")} && exec "$@"', "sh", "sh", "-c", line]
        return subprocess.Popen(
            ["ip", "netns", "exec", self.namespace, *inside],
            env=self.environment(),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, line: str, expect: int = 0) -> str:
        """Run a line of shell on this host; returns what it printed."""
        return ended(self.start(line), line, expect)

    def cut(self) -> None:
        """Pull its cable: no packet comes in or goes out any more."""
        _run("ip", "link", "set", self.link, "down")

    def mend(self) -> None:
        """Plug its cable in again."""
        _run("ip", "link", "set", self.link, "up")

    def kill(self, *names: str) -> None:
        """Kill the processes of the programs of these names at once, or all processes."""
        for pid in self.processes():
            with contextlib.suppress(OSError):
                program = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode().rpartition("/")[2]
                if not names or program in names:
                    os.kill(int(pid), signal.SIGKILL)

    def processes(self) -> list[str]:
        """The ids of the processes in the namespace."""
        return _run("ip", "netns", "pids", self.namespace).split()


def ended(process: subprocess.Popen[str], what: str, expect: int | None = 0, seconds: float = 240) -> str:
    """Wait for a command's end; returns what it printed.

    Args:
        process: the command.
        what: its description, for errors.
        expect: the exit code that it must have; None for any.
        seconds: how long it may take.

    Raises:
        AssertionError: it took longer, or ended with another code.
    """
    try:
        printed, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        printed, _ = process.communicate()
        raise AssertionError(f"{what} took more than {seconds:g} s:\n{printed}") from None
    assert expect in (None, process.returncode), f"{what}: {process.returncode}\n{printed}"
    return printed


class Watch:
    """What `farm boards --watch --json` prints on a host, for the time of a `with` block.

    Attributes:
        farm: the last line; empty before the first one.
    """

    def __init__(self, host: Host) -> None:
        self.farm: dict[str, Any] = {}
        self._process = host.start("exec farm boards --watch --json")
        self._thread = threading.Thread(target=self._read, daemon=True)

    @property
    def states(self) -> dict[str, str]:
        """Each board's state, by its id."""
        return {board["id"]: board["state"] for board in self.farm.get("boards", ())}

    def runs_vectors(self, board: str) -> bool:
        """Whether a board has a batch of some run."""
        return any(each["id"] == board and "vectors" in each["doing"] for each in self.farm.get("boards", ()))

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.startswith("{"):
                self.farm = json.loads(line)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        if self._process.stdout:
            self._process.stdout.close()


@contextmanager
def network(settings: Mapping[str, Mapping[str, str]]) -> Iterator[list[Host]]:
    """Make hosts on one bridge for the time of a `with` block; skip the test where that is not permitted.

    Args:
        settings: the `FARM_...` variables of each host, by name. The first host has 10.0.0.1, and `ssh` on all others
            reaches it.
    """
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root, and iproute2")
    tag = f"f{os.getpid() % 10000}{next(_NETWORKS)}"  # another each time: the kernel removes links late
    try:
        _run("ip", "link", "add", tag, "type", "bridge")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
    folder = Path(tempfile.mkdtemp(prefix="farm-hosts-", dir=PLACE))
    hosts = [
        Host(name, f"{tag}{name}", f"10.0.0.{n}", folder / name, own, f"{tag}v{n}")
        for n, (name, own) in enumerate(settings.items(), start=1)
    ]
    try:
        _tools(folder / "bin", hosts[0])
        _run("ip", "link", "set", tag, "up")
        for host in hosts:
            (host.home / "tmp").mkdir(parents=True)
            _run("ip", "netns", "add", host.namespace)
            _run("ip", "link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            _run("ip", "link", "set", host.link, "master", tag, "up")
            _run("ip", "-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
            _run("ip", "-n", host.namespace, "link", "set", "eth0", "up")
            _run("ip", "-n", host.namespace, "link", "set", "lo", "up")
            _run("ip", "-n", host.namespace, "route", "add", "default", "dev", "eth0")
        yield hosts
    finally:
        for host in hosts:
            if Path("/var/run/netns", host.namespace).exists():
                host.kill()
            subprocess.run(["ip", "netns", "del", host.namespace], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", tag], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _own_temporary(folder: Path) -> str:
    """Shell words that mount a folder over /tmp; a project or an interpreter in /tmp stays visible."""
    needed = {Path(__file__).parents[3], Path(sys.prefix), Path(sys.base_prefix)}
    words = []
    for path in sorted(path for path in needed if TEMPORARY in path.parents):
        mount_point = shlex.quote(str(folder / path.relative_to(TEMPORARY)))
        words.append(f"mkdir -p {mount_point} && mount --bind {shlex.quote(str(path))} {mount_point}")
    return " && ".join([*words, f"mount --rbind {shlex.quote(str(folder))} {TEMPORARY}"])


def _tools(folder: Path, head: Host) -> None:
    folder.mkdir()
    for name, text in (
        ("ssh", SSH.format(head=shlex.quote(str(head.home)))),
        ("farm", FARM.format(python=shlex.quote(sys.executable))),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
