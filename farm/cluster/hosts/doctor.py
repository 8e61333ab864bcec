"""What may keep farm from running on this host, looked at one by one."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from farm.core.errors import FarmError
from farm.core.settings import Settings

HUGEPAGES = Path("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages")
SFPI = Path("/opt/tenstorrent/sfpi")
DEVICES = Path("/dev/tenstorrent")
FREE_BYTES = 5 * 2**30
"""Less free disk than this deserves a word: kernels and reports need room."""
CLOCK_SECONDS = 2.0
"""Hosts' clocks that differ by more deserve a word."""
LAST_WITHOUT_SFPI = (0, 66)


class State(str, Enum):
    """How a finding is meant."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        state: how it is meant.
        what: what was looked at.
        found: what was found.
        advice: what to do; "" where nothing is.
    """

    state: State
    what: str
    found: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at everything; a look that fails is itself a finding."""
    looks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_python, _ttnn, _devices, _disk, _store, _farm)
    for look in looks:
        yield from _seen(look, settings)


def _seen(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from look(settings)
    except FarmError as error:
        yield Finding(State.BAD, look.__name__.strip("_"), str(error), "the message says what to do")


def _python(_settings: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    if (3, 10) <= sys.version_info < (3, 13):
        yield Finding(State.GOOD, "python", version)
    else:
        yield Finding(State.BAD, "python", version, "farm runs on Python 3.10 to 3.12")
    has_jobs = importlib.util.find_spec("aiohttp") is not None
    yield Finding(
        State.GOOD if has_jobs else State.NOTE,
        "ray",
        importlib.metadata.version("ray") + ("" if has_jobs else ", without its job API"),
        "" if has_jobs else "to be a head or to submit: pip install 'ttnn-farm[cluster]'",
    )


def _ttnn(settings: Settings) -> Iterator[Finding]:
    from farm.cluster.hosts.inventory import versions

    told = versions(settings.python)
    where = settings.python or sys.executable
    if "ttnn" not in told:
        yield Finding(
            State.BAD, "ttnn", f"none in {where}", "pip install 'ttnn-farm[ttnn]', or name tt-metal's with FARM_PYTHON"
        )
        return
    yield Finding(State.GOOD, "ttnn", f"{told['ttnn']} in {where} (Python {told['python']})")
    parts = tuple(int(part) for part in told["ttnn"].split("+")[0].split(".")[:2] if part.isdecimal())
    if parts > LAST_WITHOUT_SFPI and not SFPI.is_dir():
        yield Finding(
            State.NOTE,
            "sfpi",
            f"not in {SFPI}",
            f"ttnn {told['ttnn']} wants it even for mocks: install tt-metal's sfpi",
        )
    for name in ("driver", "firmware"):
        if name in told:
            yield Finding(State.GOOD, name, told[name])


def _devices(_settings: Settings) -> Iterator[Finding]:
    from farm.board.backends import discovered_boards
    from farm.board.holders import broker, holders

    found = discovered_boards()
    if not found:
        yield Finding(
            State.NOTE, "boards", f"none in {DEVICES}", "mocks need none; for silicon, load the tenstorrent driver"
        )
        return
    yield Finding(State.GOOD, "boards", ", ".join(f"{board.kind.name} {board.id}" for board in found))
    closed = [
        str(path) for path in DEVICES.iterdir() if path.name.isdecimal() and not os.access(path, os.R_OK | os.W_OK)
    ]
    if closed:
        yield Finding(
            State.BAD, "permissions", f"{', '.join(closed)} can't be opened", "join the devices' group, or fix udev"
        )
    if there := broker():
        yield Finding(
            State.NOTE, "broker", f"{there.name} runs (pid {there.pid})", "its boards are left to it: stop it first"
        )
    for holder in holders():
        yield Finding(State.NOTE, "holder", str(holder), "its board is left out by farm up until it ends")
    pages = int(HUGEPAGES.read_text(encoding="utf-8")) if HUGEPAGES.is_file() else 0
    if not pages:
        yield Finding(State.BAD, "hugepages", "no 1 GiB pages", "run tt-system-tools' hugepages-setup, and reboot")
    else:
        yield Finding(State.GOOD, "hugepages", f"{pages} of 1 GiB")


def _disk(settings: Settings) -> Iterator[Finding]:
    place = next(path for path in (settings.state, *settings.state.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"{free / 2**30:.0f} GiB free at {place}"
    if free < FREE_BYTES:
        yield Finding(State.NOTE, "disk", found, "make room: kernels, logs and reports need some")
    else:
        yield Finding(State.GOOD, "disk", found)


def _store(settings: Settings) -> Iterator[Finding]:
    from farm.store import Store

    with Store.open(settings.store) as store:
        runs = len(store.runs())
    yield Finding(State.GOOD, "store", f"{runs} runs in {settings.store or 'your own'}")


def _farm(settings: Settings) -> Iterator[Finding]:
    from farm.cluster.hosts.host_state import load_state
    from farm.cluster.hosts.membership import farm_address
    from farm.cluster.registry.service import connected

    state = load_state(settings.state)
    if state and not state.lives:
        yield Finding(State.BAD, "node", f"this host's node ended; see {state.log}", "farm down, and farm up again")
        return
    if not settings.address and not state:
        yield Finding(State.NOTE, "farm", "this host is in none", "none is needed; farm up begins or joins one")
        return
    address, token = farm_address(None, settings)
    began = time.time()
    with connected(address, token) as farm:
        view = farm.call("view")
    yield Finding(State.GOOD, "farm", f"{address} takes the token; {len(view.hosts)} hosts, {len(view.boards)} boards")
    if abs(view.at - began) > CLOCK_SECONDS + (time.time() - began):
        off = view.at - time.time()
        yield Finding(State.BAD, "clock", f"the head's is {off:+.0f} s from this one's", "let NTP set both")
    for host in view.hosts:
        if host.clock_off is not None and abs(host.clock_off) > CLOCK_SECONDS:
            yield Finding(State.BAD, "clock", f"{host.name}'s is {host.clock_off:+.1f} s off", "let NTP set it")
        if host.state == "lost":
            yield Finding(State.BAD, "host", f"{host.name} ({host.address}) is lost", "look at it; farm up there again")
    if len(view.ttnn_versions) > 1:
        different = ", ".join(view.ttnn_versions)
        yield Finding(State.NOTE, "versions", f"boards are opened by ttnn {different}", "a run says so in its report")
