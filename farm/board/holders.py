"""The processes that hold this host's Tenstorrent devices, and brokers that hand them out."""

from __future__ import annotations

import pwd
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from farm.board.sysfs import DEVICES, SYSFS, driver_node, driver_nodes
from farm.board.umd_locks import LOCKS, lock_holders

PROC = Path("/proc")
DRIVER = PROC / "driver" / "tenstorrent"
BROKER = "tt-device-mcp"
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open.

    Attributes:
        address: the device's PCI address; "" if it is unknown.
        pid: the process; None if the driver's record can't be read, so that there may be one.
        name: its command.
        user: whose it is; "" if that is unknown.
    """

    address: str
    pid: int | None
    name: str
    user: str = ""

    def __str__(self) -> str:
        owner = f", user {self.user}" if self.user else ""
        process = (
            "an unknown process (unreadable record)" if self.pid is None else f"{self.name} (pid {self.pid}{owner})"
        )
        return f"{self.address or 'a device'} is in use by {process}"


def holders(driver: Path = DRIVER, sysfs: Path = SYSFS, proc: Path = PROC) -> list[Holder]:
    """The processes that have devices open, by the driver's own record; an unreadable record counts as a holder."""
    if not driver.is_dir():
        return []
    processes = []
    for device in sorted(driver.iterdir(), key=lambda path: path.name):
        if not device.name.isdecimal():
            continue
        address = driver_node(int(device.name), sysfs).address
        try:
            pids = [int(word) for word in (device / "pids").read_text(encoding="utf-8").split() if word.isdecimal()]
        except OSError:
            processes.append(Holder(address, None, ""))
            continue
        processes += [_holder(address, pid, proc) for pid in pids]
    return processes


def users_of(
    addresses: Collection[str] | None,
    *,
    driver: Path = DRIVER,
    sysfs: Path = SYSFS,
    proc: Path = PROC,
    devices: Path = DEVICES,
    locks: Path = LOCKS,
) -> list[Holder]:
    """Every process that uses chips, each once: by the driver's record, by its open files, or by tt-umd's locks.

    Args:
        addresses: the PCI addresses of the chips; None for all of this host.
        driver: the folder of the driver's record.
        sysfs: the driver's folder in sysfs.
        proc: the folder of processes.
        devices: the folder of devices.
        locks: the folder of tt-umd's locks.
    """
    numbers = {node.number: node.address for node in driver_nodes(sysfs)}
    wanted = {number for number, address in numbers.items() if addresses is None or address in addresses}
    users = [
        holder
        for holder in holders(driver, sysfs, proc)
        if addresses is None or not holder.address or holder.address in addresses
    ]
    users += [
        _holder(numbers.get(number, ""), pid, proc)
        for number, pid in _open_devices(devices, proc)
        if number in wanted or number not in numbers
    ]
    users += [_holder(numbers[lock.device], lock.pid, proc) for lock in lock_holders(wanted, locks)]
    by_process: dict[int | None, Holder] = {}
    for user in users:
        by_process.setdefault(user.pid, user)
    return list(by_process.values())


def _holder(address: str, pid: int, proc: Path) -> Holder:
    return Holder(address, pid, process_command(pid, proc), _user(pid, proc))


def _open_devices(devices: Path, proc: Path) -> Iterator[tuple[int, int]]:
    """The numbers of devices that processes have open, as far as this user may see, and the processes."""
    for entry in sorted(proc.iterdir(), key=lambda path: path.name):
        if not entry.name.isdecimal():
            continue
        try:
            files = [file.readlink() for file in (entry / "fd").iterdir()]
        except OSError:  # another user's, or it has ended
            continue
        numbers = {file.name for file in files if file.parent == devices and file.name.isdecimal()}
        yield from ((int(number), int(entry.name)) for number in sorted(numbers))


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
    """The name of a process of this host."""
    try:
        return (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process that has ended"


def process_command(pid: int, proc: Path = PROC) -> str:
    """The program of a process and what it runs, `python3 train.py`; without options, which may hold secrets."""
    try:
        words = (proc / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        words = []
    program, script = Path(words[0]).name if words else "", words[1] if len(words) > 1 else ""
    if not program:
        return process_name(pid, proc)
    is_script = program.startswith(("python", "sh", "bash")) and script and not script.startswith("-")
    return f"{program} {Path(script).name}"[:_LONGEST_NAME] if is_script else program[:_LONGEST_NAME]


def _user(pid: int, proc: Path) -> str:
    try:
        uid = (proc / str(pid)).stat().st_uid
    except OSError:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a user of a container
        return str(uid)
