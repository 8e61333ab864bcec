"""Launching a worker: its environment, its pipes, and the keeper above it."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from farm.board.backends import backend_of
from farm.board.confinement import Confinement
from farm.board.environment import COUNT_KERNELS, QUIET, process_environment
from farm.board.host_view import bubblewrap, host_view, named_places
from farm.board.kept_process import KeptProcess, launch
from farm.board.launch_plan import (
    HOME,
    KERNELS,
    SHARED_MEMORY,
    TEMPORARY,
    LaunchPlan,
    container_plan,
    plain_plan,
    user_plan,
)
from farm.board.memory_watch import MemoryWatch
from farm.board.other_user import other_user, require_readable
from farm.board.output import Output
from farm.board.packages import packages_folder
from farm.board.pipes import Conversation, Pipes
from farm.board.protocol import WorkerDied
from farm.board.terminal import Terminal
from farm.core.board import Board
from farm.core.isolation import Isolation
from farm.core.lacks import encode_lacks
from farm.core.log import WORKER_OUTPUT
from farm.core.measures import COLD, KERNELS_VARIABLE

OPERATION_TIMEOUT_VARIABLE = "TT_METAL_OPERATION_TIMEOUT_SECONDS"
"""tt-metal's own limit for one operation on the device; it names the core that hangs, so it is set below farm's."""
_LOG = logging.getLogger(__name__)


class LaunchedWorker(NamedTuple):
    """A process that was just started, and what its supervisor has of it.

    Attributes:
        process: the process.
        pipes: the supervisor's ends of its two pipes of messages.
        output: what it prints; None at a terminal.
        memory: watches its memory.
        own: its own folder, if it is isolated from the host.
        host_view: what it sees of its host, in words; "" if it is not isolated from the host.
    """

    process: KeptProcess
    pipes: Pipes
    output: Output | None
    memory: MemoryWatch
    own: TemporaryDirectory[str] | None = None
    host_view: str = ""

    def disconnect(self) -> None:
        """Close the pipes, also those to its keeper, and remove its own folder."""
        self.memory.close()
        self.pipes.close()
        if self.output is not None:
            self.output.close()
        self.process.release()
        if self.own is not None:
            self.own.cleanup()


def worker_environment(
    board: Board, workdir: Path, python: str, vector_seconds: float, terminal: Terminal | None = None
) -> dict[str, str]:
    """The environment variables of a worker.

    Args:
        board: what it opens.
        workdir: its working directory.
        python: its interpreter.
        vector_seconds: how long a vector may take.
        terminal: the terminal that it is attached to, if any: then operations have no time limit.
    """
    defaults = dict(QUIET)
    if terminal is None:
        quiet = COUNT_KERNELS if backend_of(board).compiles_kernels else QUIET
        defaults = {**quiet, OPERATION_TIMEOUT_VARIABLE: str(max(1, int(vector_seconds * 0.8)))}
    environment = process_environment(board, workdir, python, defaults=defaults)
    environment["PYTHONUNBUFFERED"] = "1"
    if COLD.items() <= environment.items():
        environment[KERNELS_VARIABLE] = str(workdir.absolute() / "kernels")
    return environment


def launch_worker(
    board: Board,
    workdir: Path,
    python: str,
    environment: dict[str, str],
    confinement: Confinement,
    *,
    terminal: Terminal | None = None,
) -> LaunchedWorker:
    """Start a worker's process; it says `Hello` once it has imported ttnn.

    Args:
        board: what it opens.
        workdir: its working directory, which has the end of what it prints, unless it is attached to a terminal.
        python: its interpreter.
        environment: see `worker_environment`.
        confinement: what it may use of its host.
        terminal: attaches it to this process's terminal and process group.

    Raises:
        NotRunnable: this host can't isolate it.
        WorkerDied: it can't be started.
    """
    plan, own = plan_launch(board, workdir, python, environment, confinement)
    share = confinement.share()
    requests, replies = os.pipe(), os.pipe()
    conversation = Conversation.new()
    os.write(requests[1], conversation.key)
    attached = terminal is not None
    output = None if attached else Output(workdir / WORKER_OUTPUT)
    try:
        process = launch(
            [
                *plan.prefix,
                *(python, "-m", "farm.worker"),
                *("--requests", str(requests[0]), "--replies", str(replies[1])),
                *("--computes", str(int(board.computes)), "--memory", str(share)),
                *("--canary", str(int(backend_of(board).canary_by_default))),
                *("--lacks", encode_lacks(backend_of(board).lacks)),
                *(("--attached",) if attached else ()),
                *(("--debugger",) if terminal is not None and terminal.debugger else ()),
            ],
            cwd=plan.folder,
            env=plan.environment,
            stdin=None if attached else subprocess.DEVNULL,
            stdout=None if output is None else output.write_end,
            stderr=None if output is None else output.write_end,
            pass_fds=(requests[0], replies[1]),
            attached=attached,
            between=plan.between,
        )
    except OSError as error:
        os.close(requests[1])
        os.close(replies[0])
        if output is not None:
            output.close()
        if own is not None:
            own.cleanup()
        reason = f"{error.filename or python}: {error.strerror or error}"
        raise WorkerDied(f"the worker of {board.id} can't be started: {reason}") from error
    finally:
        os.close(requests[0])
        os.close(replies[1])
        if output is not None:
            output.release()
    memory = MemoryWatch(process.pid, share, keeper=process.keeper.pid, group=not attached)
    pipes = Pipes(requests[1], replies[0], conversation, process.pid)
    return LaunchedWorker(process, pipes, output, memory, own, plan.view)


def plan_launch(
    board: Board, workdir: Path, python: str, environment: dict[str, str], confinement: Confinement
) -> tuple[LaunchPlan, TemporaryDirectory[str] | None]:
    """How a worker is started, and its own folder, which ends with it.

    Args:
        board: what it opens.
        workdir: the folder that gets its own one.
        python: its interpreter.
        environment: what it would inherit.
        confinement: says what it is isolated from.

    Raises:
        NotRunnable: this host can't isolate it.
    """
    readable = [Path(place) for place in confinement.readable]
    if confinement.isolation is Isolation.USER:
        account = other_user()
        require_readable(account, python, [*named_places(environment), *readable])
        # the folder is this process's, so that the user can't put another one in its place
        folder = TemporaryDirectory(prefix="farm-user-", ignore_cleanup_errors=True)
        outer = Path(folder.name)
        outer.chmod(0o711)
        own = outer / "own"
        for place in (own, *(own / name for name in (HOME, TEMPORARY, KERNELS))):
            place.mkdir(mode=0o700)
            os.chown(place, account.uid, account.gid)
        plan = user_plan(account, environment, own, packages_folder(outer))
        _LOG.info("%s: its worker runs %s", board.id, plan.view)
        return plan, folder
    if confinement.isolation is not Isolation.CONTAINER:
        return plain_plan(environment, workdir), None
    program = bubblewrap()
    view = host_view(board, python, environment, [packages_folder(workdir), *readable])
    folder = TemporaryDirectory(dir=workdir.absolute(), prefix="own-", ignore_cleanup_errors=True)
    own = Path(folder.name)
    for name in (HOME, TEMPORARY, SHARED_MEMORY, KERNELS):
        (own / name).mkdir()
    plan = container_plan(program, view, environment, own)
    _LOG.info("%s: its worker runs %s", board.id, plan.view)
    return plan, folder
