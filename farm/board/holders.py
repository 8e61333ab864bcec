"""The processes that hold this host's Tenstorrent devices, and brokers that hand them out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
DRIVER = PROC / "driver" / "tenstorrent"
SYSFS = Path("/sys/class/tenstorrent")
BROKER = "tt-device-mcp"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open.

    Attributes:
        address: the device's PCI address; "" if it is unknown.
        pid: the process; None if the driver's record can't be read, so that there may be one.
        name: its command.
    """

    address: str
    pid: int | None
    name: str

    def __str__(self) -> str:
        process = "an unknown process (unreadable record)" if self.pid is None else f"{self.name} (pid {self.pid})"
        return f"{self.address or 'a device'} is in use by {process}"


def holders(driver: Path = DRIVER, sysfs: Path = SYSFS, proc: Path = PROC) -> list[Holder]:
    """The processes that have devices open, by the driver's own record; an unreadable record counts as a holder."""
    if not driver.is_dir():
        return []
    processes = []
    for device in sorted(driver.iterdir(), key=lambda path: path.name):
        if not device.name.isdecimal():
            continue
        node = sysfs / f"tenstorrent!{device.name}" / "device"
        address = node.resolve().name if node.exists() else ""
        try:
            pids = [int(word) for word in (device / "pids").read_text(encoding="utf-8").split() if word.isdecimal()]
        except OSError:
            processes.append(Holder(address, None, ""))
            continue
        processes += [Holder(address, pid, process_name(pid, proc)) for pid in pids]
    return processes


def broker(proc: Path = PROC) -> Holder | None:
    """A device broker that runs on this host: it decides who may use the devices, in use or not."""
    for entry in proc.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(Path(word.decode(errors="replace")).name.replace("_", "-") == BROKER for word in words[:3]):
            return Holder("", int(entry.name), BROKER)
    return None


def is_running(pid: int, proc: Path = PROC) -> bool:
    """Whether a process of this host runs; one that has ended and is not yet waited for doesn't."""
    try:
        # the command's name is in brackets and may hold anything: the state follows the last bracket
        state = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def process_name(pid: int, proc: Path = PROC) -> str:
    """The command of a process of this host."""
    try:
        return (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process that has ended"
