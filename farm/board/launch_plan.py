"""How a worker is started: apart from its host by a form of `Isolation`, or as any process. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from farm.board.environment import MPI_MEMORY
from farm.core.measures import KERNELS_VARIABLE

PASSED = ("TT_", "TTNN_", "OMPI_", "OMP_", "LC_", "LOGURU_", "PYTHON")
"""Prefixes of the variables that an isolated worker gets."""
PASSED_NAMES = frozenset({"PATH", "LANG", "TZ", "ARCH_NAME", "MESH_DEVICE", "LD_LIBRARY_PATH"})
"""The other variables that it gets. It gets no more, since variables may hold passwords."""
HOME, TEMPORARY, SHARED_MEMORY, KERNELS = "home", "tmp", "shm", "kernels"
"""Folders in an isolated worker's own folder."""


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """How a worker's command is started.

    Attributes:
        prefix: the words in front of the command.
        environment: the command's environment.
        folder: its working directory.
        between: how many processes are between the one that is started and the worker.
        view: what it sees of the host, in words; "" for everything that its user may see.
    """

    prefix: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    between: int = 0
    view: str = ""


@dataclass(frozen=True, slots=True)
class HostView:
    """What a container shows of its host, besides the folders of the operating system.

    Attributes:
        system: folders and files of the operating system, to read.
        links: links in the root folder, and where they lead.
        readable: folders and files of Python, ttnn, farm and the sweep modules, to read.
        devices: the device files of the board, and its huge pages, to use.
    """

    system: tuple[Path, ...] = ()
    links: Mapping[Path, str] | None = None
    readable: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Another user of this host, whom a worker runs as.

    Attributes:
        name: its name.
        uid: its id.
        gid: the id of its group.
        setpriv: the program that becomes that user.
    """

    name: str
    uid: int
    gid: int
    setpriv: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """The words in front of a command that runs as that user, with its groups, and can never become another one."""
        who = ("--reuid", str(self.uid), "--regid", str(self.gid), "--init-groups")
        return (self.setpriv, *who, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")


def user_plan(account: Account, environment: Mapping[str, str], own: Path, packages: Path) -> LaunchPlan:
    """The plan of a worker that runs as another user.

    Args:
        account: that user.
        environment: the worker's environment; most of it is left out.
        own: the worker's own folder.
        packages: a folder with farm's packages that the user may read.
    """
    inherited = isolated_environment(environment, own)
    path = ":".join([str(packages), *inherited.get("PYTHONPATH", "").split(":")[1:]])  # the first was farm's packages
    text = (
        f"as the user {account.name}: it reads and writes what that user may, and has a home and a temporary folder of "
        "its own"
    )
    return LaunchPlan(account.prefix, {**inherited, "PYTHONPATH": path}, own, view=text)


def plain_plan(environment: Mapping[str, str], folder: Path) -> LaunchPlan:
    """The plan of a worker that is not isolated from its host.

    Args:
        environment: its environment.
        folder: its working directory.
    """
    return LaunchPlan((), environment, folder)


def container_plan(bwrap: str, view: HostView, environment: Mapping[str, str], own: Path) -> LaunchPlan:
    """The plan of a worker in a container that bubblewrap makes of parts of the host.

    The container has namespaces of its own for users, processes, the network, IPC and mounts, and no capabilities.

    Args:
        bwrap: bubblewrap's program.
        view: what it shows of the host.
        environment: the worker's environment; most of it is left out.
        own: the worker's own folder with the folders `HOME`, `TEMPORARY` and `SHARED_MEMORY`.
    """
    binds = [("--ro-bind", path, path) for path in view.system]
    late = [("--ro-bind", path, path) for path in _outermost(view.readable, view.system)]
    words = [
        *("--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--hostname", "farm"),
        *_words(binds),
        *(word for link, target in (view.links or {}).items() for word in ("--symlink", target, str(link))),
        *("--proc", "/proc", "--dev", "/dev"),
        *_words([("--dev-bind", path, path) for path in view.devices]),
        *_words([("--bind", own / TEMPORARY, Path("/tmp"))]),  # noqa: S108 - the container's
        *_words([("--bind", own / SHARED_MEMORY, Path("/dev/shm"))]),  # noqa: S108 - as above
        *_words([*late, ("--bind", own, own)]),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(own), "--"),
    ]
    # bubblewrap would end at the SIGINT that lets ttnn release the board, and end the worker with itself
    prefix = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", bwrap, *words)
    places = [str(each[1]) for each in late]
    text = (
        f"in a container: it reads {_listed([*map(str, view.system), *places])}; writes to /tmp, /dev/shm and a home "
        f"of its own; uses {_listed(list(map(str, view.devices))) or 'no device'}; has no network"
    )
    return LaunchPlan(prefix, isolated_environment(environment, own), own, between=2, view=text)


def isolated_environment(environment: Mapping[str, str], own: Path) -> dict[str, str]:
    """The variables of an isolated worker: those of ttnn and Python, and its own folders.

    Args:
        environment: what it would inherit.
        own: its own folder.
    """
    passed = {name: value for name, value in environment.items() if name.startswith(PASSED) or name in PASSED_NAMES}
    kernels = {KERNELS_VARIABLE: str(own / KERNELS)} if KERNELS_VARIABLE in environment else {}
    folders = {"HOME": own / HOME, "TMPDIR": own / TEMPORARY, **dict.fromkeys(MPI_MEMORY, own / TEMPORARY)}
    return {**passed, **{name: str(folder) for name, folder in folders.items()}, **kernels}


def _outermost(paths: tuple[Path, ...], covered: tuple[Path, ...]) -> list[Path]:
    """The paths that are not in one of the others, nor in a folder that is there anyway; outer ones first."""
    outer: list[Path] = []
    for path in sorted(set(paths)):
        if not any(path.is_relative_to(other) for other in (*outer, *covered)):
            outer.append(path)
    return outer


def _words(binds: list[tuple[str, Path, Path]]) -> list[str]:
    return [word for option, source, target in binds for word in (option, str(source), str(target))]


def _listed(names: list[str]) -> str:
    return ", ".join(names)
