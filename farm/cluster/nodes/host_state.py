"""A host's own record of the Ray node that `farm up` started, so that `farm down` ends that node and nothing else."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.core.errors import FarmError, NotRunnable
from farm.core.files import set_aside, write_state
from farm.core.plain_words import reason_of
from farm.core.process_identity import ProcessIdentity, is_alive
from farm.core.process_table import all_processes, descendants, has_variable
from farm.core.settings import load_settings

MARKER = "FARM_NODE"
"""The variable that marks the processes of a node."""
_LOG = logging.getLogger(__name__)
_NODE_MAY_RUN = "if a Ray node still runs here, end it with `ray stop`"


class HostState(BaseModel):
    """A Ray node that `farm up` started on this host."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="The host's name in the farm.")
    head: bool = Field(description="Whether it is the farm's head.")
    address: str = Field(description="HOST:PORT of the head.")
    node_ip: str = Field(description="This host's own address.")
    token_file: Path = Field(description="The file with the farm's token.")
    certificates: Path | None = Field(
        default=None, description="The folder with this host's certificates; none in a farm without encryption."
    )
    marker: str = Field(description="FARM_NODE in the environment of the node's processes.")
    pid: int = Field(description="The process of `ray start --block`.")
    began: int = Field(description="When that process began, in the kernel's ticks: ids are reused.")
    boot: str = Field(default="", description="The id of the host's start since which ids and ticks count.")
    namespace: str = Field(default="", description="The namespace of process ids in which it has this one.")
    log: Path = Field(description="The output of Ray when it started.")

    def save(self, folder: Path) -> None:
        """Write it to the host's state folder.

        Raises:
            NotRunnable: the folder can't be written to.
        """
        try:
            write_state(folder / "host.json", self.model_dump_json(indent=1))
        except OSError as error:
            raise NotRunnable(f"can't write to {folder}: {error.strerror}; set FARM_STATE to another folder") from error

    @property
    def process(self) -> ProcessIdentity:
        """The process of `ray start --block`."""
        return ProcessIdentity(self.pid, self.began, self.boot, self.namespace)

    @property
    def is_alive(self) -> bool:
        """Whether the node's process still runs."""
        return is_alive(self.process)


def load_state(folder: Path) -> HostState | None:
    """The record of this host's node; None where none was started, or it was ended.

    A damaged record is set aside.

    Raises:
        FarmError: the file can't be read.
    """
    path = folder / "host.json"
    try:
        return HostState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        with suppress(OSError):
            name = set_aside(path).name
            _LOG.warning("%s was damaged (%s), and is now %s: %s", path, reason_of(error), name, _NODE_MAY_RUN)
        return None
    except OSError as error:
        raise FarmError(f"{path} can't be read: {reason_of(error)}; set FARM_STATE to another folder") from error


def certificates_for(address: str) -> Path | None:
    """The folder of this host's certificates for the farm at an address; None where that farm is not encrypted.

    Raises:
        FarmError: the settings, or the record of this host's node, can't be read.
    """
    settings = load_settings()
    state = load_state(settings.state)
    is_own = state is not None and state.is_alive and state.address == address
    return state.certificates if state and is_own else settings.certificates


def remove_state(folder: Path) -> None:
    """Remove the record of a node that ended."""
    (folder / "host.json").unlink(missing_ok=True)


def node_processes(state: HostState) -> set[ProcessIdentity]:
    """All living processes of a node, with their descendants.

    They are those with the node's marker in their environment and, since Ray's workers overwrite theirs with their
    title, those in the session of the node's own process. That session counts only while the process lives: later,
    the id may be another program's.
    """
    entries = all_processes()
    session = state.pid if state.is_alive else None
    pids = {
        pid for pid, entry in entries.items() if entry.session == session or has_variable(pid, MARKER, state.marker)
    }
    return {entries[pid].identity for pid in descendants(entries, pids) if pid != os.getpid()}
