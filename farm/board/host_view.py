"""What of this host a container must show for a worker to run in it."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from farm.board.backends import backend_of
from farm.board.launch_plan import HostView
from farm.board.packages import PACKAGES
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.core.interpreters import printed_json
from farm.core.measures import KERNELS_VARIABLE

_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/opt", "/sbin", "/sys", "/usr")
_ETC = (
    "alternatives",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "ssl/certs",
)
_DEVICES = ("/dev/tenstorrent", "/dev/hugepages", "/dev/hugepages-1G")
_VARIABLES = ("TT_", "TTNN_")
_WHERE = """
import json, sys
print(json.dumps([sys.prefix, sys.base_prefix, sys.executable, *sys.path]))
"""


def bubblewrap() -> str:
    """Bubblewrap's program.

    Raises:
        NotRunnable: this host has none.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise NotRunnable(
            f"--isolate container needs bubblewrap, and {socket.gethostname()} has none: install the package bubblewrap"
        )
    return program


def host_view(board: Board, python: str, environment: Mapping[str, str], readable: Iterable[Path]) -> HostView:
    """What a container shows of this host.

    Args:
        board: the board that its worker opens.
        python: the worker's interpreter.
        environment: the worker's environment; the files that ttnn's variables name are shown.
        readable: further folders and files that the worker needs.
    """
    folders = [Path(name) for name in _FOLDERS if Path(name).exists()]
    etc = [path for name in _ETC if (path := Path("/etc") / name).exists()]
    links = {path: str(path.readlink()) for path in folders if path.is_symlink()}
    installed = Path(__file__).resolve().parents[2]
    own = [*_places_of(python), *(installed / name for name in PACKAGES), *named_places(environment), *readable]
    devices = [Path(name) for name in _DEVICES] if backend_of(board).addresses(board) else []
    return HostView(
        (*(path for path in folders if path not in links), *etc),
        links,
        tuple(path for path in own if path.exists() and path != Path("/")),
        tuple(path for path in devices if path.exists()),
    )


def named_places(environment: Mapping[str, str]) -> list[Path]:
    """The folders and files that ttnn's variables name, except for the kernels that it compiles."""
    values = [value for name, value in environment.items() if name.startswith(_VARIABLES) and name != KERNELS_VARIABLE]
    return [path for value in values if (path := Path(value)).is_absolute() and path.exists()]


@lru_cache
def _places_of(python: str) -> tuple[Path, ...]:
    """The folders and files of an interpreter and its packages."""
    places = printed_json(python or sys.executable, _WHERE)
    return tuple({Path(place) for place in places if place.startswith("/")} | {Path(places[2]).resolve()})
