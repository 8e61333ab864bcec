"""How a host shall take part in a farm: what `farm up` was asked for, kept until `farm down`."""

from __future__ import annotations

import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.board.expectation import Expectation
from farm.cluster.nodes.node import JOBS_PORT, PORT
from farm.core.errors import FarmError, NotRunnable
from farm.core.files import write_atomically
from farm.core.isolation import LeastIsolation
from farm.core.process_identity import ProcessIdentity

_FILE = "up.json"
_HOME = "home"


class HostPlan(BaseModel):
    """What `farm up` was asked for. A host that joins again looks anew for its boards, its address and its ttnn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(default_factory=lambda: secrets.token_hex(8), description="Another one for each `farm up`.")
    name: str = Field(description="The host's name in the farm.")
    join: str | None = Field(default=None, description="HOST:PORT of the head; none if the host is the head.")
    boards: str = Field(description="The boards to offer: auto, none, or a list.")
    expect: str | None = Field(default=None, description="The boards that it is expected to have.")
    expect_driver: str = Field(default="", description="The version of its driver that is expected.")
    expect_firmware: str = Field(default="", description="The version of its boards' firmware that is expected.")
    python: str | None = Field(default=None, description="The interpreter whose ttnn opens the boards.")
    address: str | None = Field(default=None, description="The host's own IP address; none to detect it.")
    token_file: Path = Field(description="The file with the farm's token.")
    certificates: Path | None = Field(
        default=None, description="The folder with the host's certificates; none in a farm without encryption."
    )
    port: int = Field(default=PORT, description="Where a head listens.")
    jobs_host: str = Field(default="127.0.0.1", description="The address at which a head takes jobs.")
    jobs_port: int = Field(default=JOBS_PORT, description="The port of that address.")
    metrics_port: int | None = Field(default=None, description="Where a head serves metrics.")
    door: str | None = Field(default=None, description="HOST:PORT at which a head's door listens; none without a door.")
    door_is_plain: bool = Field(default=False, description="Whether the door is not encrypted although it might be.")
    job_isolation: LeastIsolation = Field(
        default=LeastIsolation.CONTAINER, description="The least isolation of sweep modules that the door's jobs run."
    )
    job_size: int = Field(default=50_000_000, description="The largest folder that such a job takes along, in bytes.")
    supervisor: ProcessIdentity | None = Field(
        default=None, description="The process in the background that starts the node again; none in the foreground."
    )

    @property
    def door_is_encrypted(self) -> bool:
        """Whether the door is asked over TLS."""
        return self.certificates is not None and not self.door_is_plain

    @property
    def jobs_url(self) -> str:
        """Where a head takes jobs, for itself."""
        host = f"[{self.jobs_host}]" if ":" in self.jobs_host else self.jobs_host
        return f"http://{host}:{self.jobs_port}"

    @property
    def expectation(self) -> Expectation:
        """What the host is expected to have.

        Raises:
            FarmError: the boards can't be parsed.
        """
        return Expectation.parse(self.expect or "", driver=self.expect_driver, firmware=self.expect_firmware)

    @property
    def farm(self) -> str:
        """The farm, in words."""
        return f"the farm at {self.join}" if self.join else "its farm"

    def save(self, folder: Path) -> None:
        """Write it to the host's state folder.

        Raises:
            NotRunnable: the folder can't be written to.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(folder / _FILE, self.model_dump_json(indent=1), mode=0o600, sync=True)
        except OSError as error:
            raise NotRunnable(f"can't write to {folder}: {error.strerror}; set FARM_STATE to another folder") from error


def load_plan(folder: Path) -> HostPlan | None:
    """The plan of this host; None where it shall be in no farm.

    Raises:
        FarmError: the file can't be read, or holds something else.
    """
    path = folder / _FILE
    try:
        return HostPlan.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise FarmError(f"{path} can't be read: {str(error).splitlines()[0]}; `farm down` removes it") from error


def remove_plan(folder: Path) -> None:
    """Let the host be in no farm."""
    (folder / _FILE).unlink(missing_ok=True)


def home_id(folder: Path) -> str:
    """The id of a host's state folder, which stays when the host starts again or gets another address.

    Raises:
        NotRunnable: the folder can't be written to.
    """
    path = folder / _HOME
    try:
        if path.exists() and (home := path.read_text(encoding="ascii").strip()):
            return home
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        home = secrets.token_hex(8)
        write_atomically(path, home, mode=0o600, sync=True)
    except (OSError, UnicodeDecodeError) as error:
        raise NotRunnable(f"{path} can't be read or written: {error}; set FARM_STATE to another folder") from error
    return home
