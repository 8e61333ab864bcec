"""A host's own record of the Ray node that `farm up` started, so that `farm down` ends that node and nothing else."""

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
    marker: str = Field(description="FARM_NODE in the environment of the node's processes.")
    pid: int = Field(description="The process of `ray start --block`.")
    began: int = Field(description="When that process began, in the kernel's ticks: process ids are reused.")
    log: Path = Field(description="The output of Ray when it started.")

    def save(self, folder: Path) -> None:
        """Write it to the host's state folder.

        Raises:
            NotRunnable: the folder can't be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(folder / "host.json", self.model_dump_json(indent=1), mode=0o600)
        except OSError as error:
            raise NotRunnable(f"can't write to {folder}: {error.strerror}; set FARM_STATE to another folder") from error

    @property
    def is_alive(self) -> bool:
        """Whether the node's process still runs."""
        return process_began(self.pid) == self.began


def load_state(folder: Path) -> HostState | None:
    """The record of this host's node; None where none was started, or it was ended.

    Raises:
        FarmError: the file can't be read, or holds something else.
    """
    path = folder / "host.json"
    try:
        return HostState.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise FarmError(f"{path} can't be read: {str(error).splitlines()[0]}; remove it if no Ray runs here") from error


def remove_state(folder: Path) -> None:
    """Remove the record of a node that ended."""
    (folder / "host.json").unlink(missing_ok=True)


def process_began(pid: int) -> int | None:
    """When a process began, in ticks since the host's start; None where it doesn't run, or is a zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[19])


def node_processes(state: HostState) -> dict[int, int]:
    """All living processes of a node, with their descendants: process ids, and when each began.

    They are found by the marker in their environment (Ray's workers overwrite theirs with their title), by their
    session, and as children of those.
    """
    marker = f"FARM_NODE={state.marker}".encode()
    parents: dict[int, int] = {}
    began: dict[int, int] = {}
    pids: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        pid, fields = int(entry.name), _stat(int(entry.name))
        if fields is None or fields[0] == "Z":
            continue
        parents[pid], began[pid] = int(fields[1]), int(fields[19])
        if (int(fields[3]) == state.pid and began[pid] >= state.began) or _has_variable(entry, marker):
            pids.add(pid)
    while children := {pid for pid, parent in parents.items() if parent in pids} - pids:
        pids |= children
    return {pid: began[pid] for pid in pids}


def _stat(pid: int) -> list[str] | None:
    """The fields of a process's `stat` after its name: state, parent, group, session, ..."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # the name stands in brackets, and may hold anything


def _has_variable(process: Path, variable: bytes) -> bool:
    try:
        return variable in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # the process ended, or is another user's
