"""Hosts of their own: network namespaces on one bridge, in which nothing reaches anything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Host:
    """A network namespace with an address, and the folders that a host would have for itself."""

    name: str
    namespace: str
    address: str
    folder: Path

    @property
    def token(self) -> Path:
        return self.folder / "token"

    def environment(self) -> dict[str, str]:
        own = {
            "FARM_STATE": str(self.folder / "state"),
            "FARM_TOKEN_FILE": str(self.token),
            "FARM_STORE": str(self.folder / "farm.db"),
            "FARM_NAME": self.name,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FARM_", "RAY_"))}
        return {**kept, **own}

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, sys.executable, "-m", "farm", *words]

    def start(self, *words: str, extra: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Starts `farm WORDS` on this host."""
        return subprocess.Popen(
            self.command(*words),
            env={**self.environment(), **(extra or {})},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def farm(self, *words: str, expect: int = 0, seconds: float = 240) -> str:
        """Runs `farm WORDS` on this host; what it printed."""
        with self.start(*words) as process:
            try:
                told, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                told, _ = process.communicate()
                pytest.fail(f"farm {' '.join(words)} on {self.name} took more than {seconds:g} s:\n{told}")
        assert process.returncode == expect, f"farm {' '.join(words)} on {self.name}: {process.returncode}\n{told}"
        return told

    def processes(self) -> list[str]:
        """What runs in the namespace."""
        return _run("ip", "netns", "pids", self.namespace).split()


@contextmanager
def network(folder: Path, *names: str) -> Iterator[list[Host]]:
    """Makes hosts on one bridge for the time of a `with` block; skips the test where that is not permitted."""
    tag = f"f{os.getpid() % 10000}"
    hosts = [Host(name, f"{tag}{name}", f"10.213.7.{n}", folder / name) for n, name in enumerate(names, start=1)]
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root, and iproute2")
    try:
        _run("ip", "link", "add", tag, "type", "bridge")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
    try:
        _run("ip", "link", "set", tag, "up")
        for host in hosts:
            host.folder.mkdir()
            outside = f"{tag}v{host.address.rpartition('.')[2]}"
            _run("ip", "netns", "add", host.namespace)
            _run("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            _run("ip", "link", "set", outside, "master", tag, "up")
            _run("ip", "-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", "eth0")
            _run("ip", "-n", host.namespace, "link", "set", "eth0", "up")
            _run("ip", "-n", host.namespace, "link", "set", "lo", "up")
        yield hosts
    finally:
        for host in hosts:
            for pid in host.processes() if Path("/var/run/netns", host.namespace).exists() else ():
                subprocess.run(["kill", "-KILL", pid], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "del", host.namespace], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", tag], check=False, capture_output=True)


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
