"""The checks of `farm doctor`: what may keep farm from running on this host."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from farm.board.null_toolchain import (
    HOME_VARIABLE,
    ROOT_VARIABLE,
    Toolchain,
    mock_toolchain,
    null_layout,
    sfpi_folders,
)
from farm.core.board import AUTO
from farm.core.errors import FarmError
from farm.core.extras import Extra, own_install
from farm.core.plain_words import counted
from farm.core.settings import Settings
from farm.core.ttnn_install import installed_ttnn

if TYPE_CHECKING:
    from farm.board.discovery.survey import Survey

HUGEPAGES = Path("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages")
DEVICES = Path("/dev/tenstorrent")
FREE_BYTES = 5 * 2**30
"""With less free disk than this, a check warns: kernels and reports need room."""
CLOCK_SECONDS = 2.0
"""If hosts' clocks differ by more, a check warns."""


class Severity(str, Enum):
    """How bad a finding is."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `farm doctor`.

    Attributes:
        severity: how bad it is.
        subject: what was checked.
        result: what the check found.
        advice: what to do; "" for nothing.
    """

    severity: Severity
    subject: str
    result: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """The finding for `farm doctor --json`."""
        return {"state": self.severity.value, "what": self.subject, "found": self.result, "advice": self.advice}


def examine(settings: Settings) -> Iterator[Finding]:
    """Run all checks; one that fails is itself a finding."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (_python, _ttnn, _devices, _disk, _store, _farm)
    for check in checks:
        yield from _findings(check, settings)


def _findings(check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from check(settings)
    except FarmError as error:
        yield Finding(Severity.BAD, check.__name__.strip("_"), str(error), "the message says what to do")


def good(subject: str, result: str) -> Finding:
    """A finding that all is well."""
    return Finding(Severity.GOOD, subject, result)


def note(subject: str, result: str, advice: str) -> Finding:
    """A finding that a person should know."""
    return Finding(Severity.NOTE, subject, result, advice)


def bad(subject: str, result: str, advice: str) -> Finding:
    """A finding that keeps farm from running."""
    return Finding(Severity.BAD, subject, result, advice)


def _python(_settings: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    if (3, 10) <= sys.version_info < (3, 13):
        yield good("python", version)
    else:
        yield bad("python", version, "farm runs on Python 3.10 to 3.12")
    has_jobs = Extra.CLUSTER.is_installed
    yield Finding(
        Severity.GOOD if has_jobs else Severity.NOTE,
        "ray",
        importlib.metadata.version("ray") + ("" if has_jobs else ", without its job API"),
        "" if has_jobs else f"to be a head or to submit: {own_install().command(Extra.CLUSTER)}",
    )


def _ttnn(settings: Settings) -> Iterator[Finding]:
    from farm.cluster.hosts.versions import host_versions

    versions = host_versions(settings.python)
    where = settings.python or sys.executable
    if "ttnn" not in versions:
        yield bad(
            "ttnn",
            f"none in {where}",
            f"{own_install().command(Extra.TTNN)}, or name tt-metal's with FARM_PYTHON",
        )
        return
    yield good("ttnn", f"{versions['ttnn']} in {where} (Python {versions['python']})")
    if "torch" in versions:
        yield good("torch", f"{versions['torch']} in {where}")
    else:
        advice = f"{own_install().torch_command()}, or name a Python that has it with FARM_PYTHON"
        yield note("torch", f"none in {where}", f"to trace models that import it: {advice}")
    yield from _toolchains(settings.python or "")
    for name in ("driver", "firmware"):
        if name in versions:
            yield good(name, versions[name])


def _toolchains(python: str) -> Iterator[Finding]:
    """The compiler that mock boards use, and whether there is one for boards that compute."""
    install = installed_ttnn(python)
    if install is None:
        return
    for name in (ROOT_VARIABLE, HOME_VARIABLE):
        if name in os.environ:
            yield note(name, os.environ[name], "it is kept and passed on to ttnn; unset it if that is not wanted")
    match mock_toolchain(install, os.environ):
        case Toolchain.NONE:
            yield good("mock boards", "need no compiler")
        case Toolchain.USERS:
            yield good("mock boards", f"are compiled for with what is in {os.environ[ROOT_VARIABLE]}")
        case Toolchain.NULL:
            layout = null_layout(install)
            layout.write()
            yield good("mock boards", f"farm's null toolchain, in {layout.root}")
    folders = sfpi_folders(install, os.environ)
    sfpi = next((folder for folder in folders if folder.is_dir()), None)
    if sfpi is not None:
        yield good("sfpi", f"in {sfpi}")
    else:
        places = " nor ".join(map(str, folders))
        yield note("sfpi", f"neither in {places}", "boards that compute need tt-metal's sfpi; mock boards don't")


def _devices(settings: Settings) -> Iterator[Finding]:
    from farm.board.backends import host_survey
    from farm.board.holders import broker, holders

    survey = host_survey(opening=True)
    yield from _expected(settings, survey)
    if survey.is_empty:
        yield note("boards", f"none in {DEVICES}", "mocks need none; for silicon, load the tenstorrent driver")
        return
    for source in survey.sources:
        yield good("asked", source)
    for each in survey.boards:
        name = f"{each.board.kind.name} {each.board.id}: {each.group.reason}"
        if each.group.missing:
            yield bad(
                "boards",
                f"{name}; {each.group.missing}",
                "look at `tt-smi -s` and the kernel's log; reset the host's chips",
            )
        else:
            yield good("boards", name)
    for card in survey.unknown:
        yield bad("unknown", f"{card.name}: {card.reason}", "it costs no other board; `farm boards --why` tells more")
    for difference in survey.differences:
        yield note("difference", difference, "look at `tt-smi -s` and the kernel's log")
    closed = [
        str(path) for path in DEVICES.iterdir() if path.name.isdecimal() and not os.access(path, os.R_OK | os.W_OK)
    ]
    if closed:
        yield bad("permissions", f"{', '.join(closed)} can't be opened", "join the devices' group, or fix udev")
    if program := broker():
        yield note(
            "broker",
            f"{program.name} runs (pid {program.pid})",
            "its boards are left to it: stop it first",
        )
    for holder in holders():
        yield note("holder", str(holder), "its board is left out by farm up until it ends")
    pages = int(HUGEPAGES.read_text(encoding="utf-8")) if HUGEPAGES.is_file() else 0
    if not pages:
        yield bad("hugepages", "no 1 GiB pages", "run tt-system-tools' hugepages-setup, and reboot")
    else:
        yield good("hugepages", f"{pages} of 1 GiB")


def _expected(settings: Settings, survey: Survey) -> Iterator[Finding]:
    """What is expected of this host, by the farm it is in or else by the settings; what a board lacks is said there."""
    from farm.cluster.hosts.expected import own_expectation, own_name, shortfalls_of, surveyed_boards
    from farm.cluster.hosts.host_plan import load_plan

    plan = load_plan(settings.state)
    boards = plan.boards if plan else settings.boards
    expectation = plan.expectation if plan else own_expectation(settings)
    name = plan.name if plan else own_name(settings)
    if boards.strip() != AUTO:
        survey = surveyed_boards(boards)
    for each in shortfalls_of(boards, survey, expectation):
        if each.trait.is_of_inventory:
            yield bad("expected", each.line(name), "mend it, or correct `[hosts.NAME]` of farm.toml or --expect")


def _disk(settings: Settings) -> Iterator[Finding]:
    place = next(path for path in (settings.state, *settings.state.parents) if path.exists())
    free = shutil.disk_usage(place).free
    result = f"{free / 2**30:.0f} GiB free at {place}"
    if free < FREE_BYTES:
        yield note("disk", result, "make room: kernels, logs and reports need some")
    else:
        yield good("disk", result)


def _store(settings: Settings) -> Iterator[Finding]:
    from farm.store import Store

    with Store.open(settings.store) as store:
        runs = len(store.runs())
    yield good("store", f"{counted(runs, 'run')} in {store.place}")


def _farm(settings: Settings) -> Iterator[Finding]:
    from farm.cluster.nodes.host_state import load_state
    from farm.cluster.nodes.own_farm import farm_address
    from farm.cluster.registry.published import PublishedFarm
    from farm.cluster.registry.records import HostStatus

    state = load_state(settings.state)
    if state and not state.is_alive:
        yield bad("node", f"this host's node ended; see {state.log}", "farm down, and farm up again")
        return
    if not settings.address and not state:
        yield note("farm", "this host is not part of a farm", "none is needed; farm up begins or joins one")
        return
    address, token = farm_address(None, settings)
    began = time.time()
    farm = PublishedFarm.at(address, token)
    view = farm.view()
    size = f"{counted(len(view.hosts), 'host')}, {counted(len(view.boards), 'board')}"
    yield good("farm", f"{address} takes the token; {size}")
    for text in view.notes:
        yield bad("registry", text, "look at the head's disk and load")
    if farm.is_current and abs(view.at - began) > CLOCK_SECONDS + (time.time() - began):
        off = view.at - time.time()
        yield bad("clock", f"the head's is {off:+.0f} s from this one's", "let NTP set both")
    for host in view.hosts:
        if host.clock_off is not None and abs(host.clock_off) > CLOCK_SECONDS:
            yield bad("clock", f"{host.name}'s is {host.clock_off:+.1f} s off", "let NTP set it")
        if host.state is HostStatus.LOST:
            yield bad("host", f"{host.name} ({host.address}) is lost", "look at it; farm up there again")
    if len(view.ttnn_versions) > 1:
        different = ", ".join(view.ttnn_versions)
        yield note("versions", f"boards are opened by ttnn {different}", "a run says so in its report")
