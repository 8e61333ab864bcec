"""What tt-umd said of this host's chips since it booted, in a file of the host's state folder.

Asking it opens the chips and takes seconds, on a galaxy many. What it says holds until the host boots, its devices are
others, or a board is reset.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from farm.board.discovery.facts import PciDevice, UmdReport
from farm.core.files import write_state
from farm.core.process_identity import boot_id
from farm.core.state_folder import host_state

FILE = "tt-umd.json"
WAIT_SECONDS = 100.0
"""How long a process waits for another one that asks tt-umd: a little longer than that may take."""
KEPT = 16
"""How many sets of devices are remembered: `TT_VISIBLE_DEVICES` makes many of one host."""

_LOG = logging.getLogger(__name__)


class RememberedReport(BaseModel):
    """One answer of tt-umd.

    Attributes:
        boot: the boot of the host in which it came.
        devices: the addresses and cards of the devices that it was asked about.
        at: when it came, Unix time in seconds.
        report: the answer, also one that says why there is none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    boot: str
    devices: tuple[tuple[str, str], ...]
    at: float
    report: UmdReport

    @property
    def when(self) -> str:
        """When it came, for people."""
        return f"asked at {time.strftime('%Y-%m-%d %H:%M', time.localtime(self.at))}"


class _Reports(BaseModel):
    reports: tuple[RememberedReport, ...] = ()


class UmdMemory:
    """The answers of tt-umd in this boot. A file that can't be read or written costs another question alone."""

    def __init__(self, folder: Path | None = None) -> None:
        """Make a memory in a folder; None for this host's state folder, as it is when it is used."""
        self._folder = folder

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let one process of this host at a time look and ask."""
        lock = FileLock(self._path.with_suffix(".lock"), timeout=WAIT_SECONDS)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock.acquire()
        except (OSError, Timeout) as error:
            _LOG.warning("tt-umd is asked without a lock: %s", error)
        try:
            yield
        finally:
            with suppress(OSError):
                lock.release()

    def report(self, devices: Sequence[PciDevice]) -> RememberedReport | None:
        """What tt-umd said of some devices in this boot; None if it wasn't asked, or was installed since."""
        key = _key(devices)
        remembered = next((each for each in self._reports() if each.devices == key), None)
        if remembered is not None and not remembered.report.is_installed and find_spec("tt_umd"):
            return None
        return remembered

    def keep(self, devices: Sequence[PciDevice], report: UmdReport) -> None:
        """Remember an answer."""
        key = _key(devices)
        others = [each for each in self._reports() if each.devices != key][: KEPT - 1]
        self._write((RememberedReport(boot=boot_id(), devices=key, at=time.time(), report=report), *others))

    def forget(self) -> None:
        """Have tt-umd asked again: a reset may bring chips and links back, and lose some."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return (self._folder or host_state()) / FILE

    def _reports(self) -> tuple[RememberedReport, ...]:
        try:
            reports = _Reports.model_validate_json(self._path.read_bytes()).reports
        except (OSError, ValidationError):
            return ()
        boot = boot_id()
        return tuple(each for each in reports if each.boot == boot)

    def _write(self, reports: Sequence[RememberedReport]) -> None:
        try:
            write_state(self._path, _Reports(reports=tuple(reports)).model_dump_json())
        except OSError as error:
            _LOG.warning("what tt-umd says can't be remembered: %s: %s", self._path, error.strerror or error)


def _key(devices: Sequence[PciDevice]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((device.address, device.card) for device in devices))
