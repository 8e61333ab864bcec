"""What a host remembers of its part in a farm, so that `farm down` ends that and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_atomically


class HostState(BaseModel):
    """A Ray node that `farm up` started on this host."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="The host's name in the farm.")
    head: bool = Field(description="Whether it is the farm's head.")
    address: str = Field(description="HOST:PORT of the head.")
    node_ip: str = Field(description="This host's own address.")
    token_file: Path = Field(description="The file with the farm's token.")
    marker: str = Field(description="In the environment of every process that came of it, as FARM_NODE.")
    pid: int = Field(description="The process of `ray start --block`.")
    began: int = Field(description="When that process began, in the kernel's ticks: process ids are used again.")
    log: Path = Field(description="What Ray said when it started.")

    def save(self, folder: Path) -> None:
        """Writes it, whole or not at all.

        Raises:
            NotRunnable: the folder can't be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(folder / "host.json", self.model_dump_json(indent=1), mode=0o600)
        except OSError as error:
            raise NotRunnable(f"can't write to {folder}: {error.strerror}; set FARM_STATE to another folder") from error

    @property
    def lives(self) -> bool:
        """Whether the node's process is still there."""
        return process_began(self.pid) == self.began


def load_state(folder: Path) -> HostState | None:
    """What this host remembers; None where nothing was started, or was ended.

    Raises:
        FarmError: the file holds something else.
    """
    path = folder / "host.json"
    try:
        return HostState.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise FarmError(f"{path} can't be read: {str(error).splitlines()[0]}; remove it if no Ray runs here") from error


def forget_state(folder: Path) -> None:
    """Forgets the node: it is gone."""
    (folder / "host.json").unlink(missing_ok=True)


def process_began(pid: int) -> int | None:
    """When a process began, in ticks since the host's start; None where there is none, or only its zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[19])


def node_processes(state: HostState) -> dict[int, int]:
    """All that came of a node and lives, wherever it went since: process ids, and when each began.

    Found by the marker in their environment (Ray's workers overwrite theirs with their title), by their session, and as
    children of those.
    """
    wanted = f"FARM_NODE={state.marker}".encode()
    parents: dict[int, int] = {}
    began: dict[int, int] = {}
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        pid, fields = int(entry.name), _stat(int(entry.name))
        if fields is None or fields[0] == "Z":
            continue
        parents[pid], began[pid] = int(fields[1]), int(fields[19])
        if (int(fields[3]) == state.pid and began[pid] >= state.began) or _marked(entry, wanted):
            found.add(pid)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: began[pid] for pid in found}


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the command's name stands in brackets, and may hold anything


def _marked(entry: Path, wanted: bytes) -> bool:
    try:
        return wanted in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # gone, or another user's
