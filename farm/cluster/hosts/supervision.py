"""Keep a host in its farm: start its node again when it ended, whatever ended it.

A cluster gives a host up that was silent for a minute, and the host's node ends once it hears of that. It also ends
with the farm's head, and when one of its own processes is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from farm.cluster.hosts.backoff import Backoff
from farm.cluster.hosts.door_keeper import DoorKeeper, start_door
from farm.cluster.hosts.host_plan import HostPlan, load_plan
from farm.cluster.hosts.membership import is_kept, join_again, leave_farm, only_change
from farm.cluster.nodes.host_state import HostState, load_state, remove_state
from farm.cluster.nodes.node import end_node
from farm.core.errors import FarmError, NotRunnable
from farm.core.process_identity import identity_of
from farm.core.settings import FILE_VARIABLE
from farm.core.stop_signals import caught_signals, stop_signals_wait

POLL_SECONDS = 0.5
"""How often to look at the node."""
JOIN_SECONDS = 600.0
"""How long a host may take to join again: Ray's node may take two minutes, twice."""
_MODULE = "farm.cluster.hosts.supervision"
_REFUSED = 3
LOG_FILE = "up.log"
"""The file of a supervisor in the background, in the host's state folder."""


class NodeSupervisor:
    """Watches the node of one `farm up`, and joins its farm again when the node ended."""

    def __init__(
        self,
        plan: HostPlan,
        folder: Path,
        note: Callable[[str], None],
        *,
        join: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start to watch.

        Args:
            plan: what `farm up` was asked for.
            folder: the host's state folder.
            note: takes a line that the host's owner should see.
            join: starts the node and offers the host's boards; returns a line on that, or None if that is not wanted
                any more; raises `FarmError` where it fails.
            clock: seconds, as `time.monotonic` counts them.
        """
        self._plan = plan
        self._folder = folder
        self._note = note
        self._join = join
        self._clock = clock
        self._backoff = Backoff()
        self._up_since: float | None = clock()
        self._due = 0.0  # when to start the node again
        self._last_note = ""
        self._last_trouble = ""  # the last error in reading the host's state: it is looked at twice a second

    def step(self) -> bool:
        """Look at the node once, and start it again if that is due; return whether there is more to do."""
        plan, state = self._plan_now(), self._state_now()
        if plan is None or plan.id != self._plan.id:
            # `farm down` ends the node itself; another `farm up` has a supervisor of its own
            return plan is None and state is not None and state.is_alive
        now = self._clock()
        if state is not None and state.is_alive:
            if self._up_since is None:
                self._up_since = now
        elif self._up_since is not None:
            self._backoff.lived(now - self._up_since)
            self._up_since = None
            self._wait(now, f"this host's Ray node ended{_log_of(state)}: joining {plan.farm} again in")
        elif now >= self._due:
            return self._join_again()
        return True

    def living_node(self) -> HostState | None:
        """The record of the node; None if it has ended, or the host is to leave its farm."""
        plan, state = self._plan_now(), self._state_now()
        is_wanted = plan is not None and plan.id == self._plan.id
        return state if is_wanted and state is not None and state.is_alive else None

    def _join_again(self) -> bool:
        try:
            joined = self._join()
        except FarmError as error:
            self._wait(self._clock(), f"this host can't join {self._plan.farm}: {error}; trying again in")
            return True
        if joined is None:
            return False
        self._up_since = self._clock()
        self._last_note = ""
        self._note(joined)
        return True

    def _wait(self, now: float, message: str) -> None:
        seconds = self._backoff.failed()
        self._due = now + seconds
        if message != self._last_note:  # a head may be away for days
            self._note(f"{message} {seconds:g} s")
            self._last_note = message

    def _plan_now(self) -> HostPlan | None:
        try:
            return load_plan(self._folder)
        except FarmError as error:
            self._note_trouble(error)
            return self._plan

    def _state_now(self) -> HostState | None:
        try:
            return load_state(self._folder)
        except FarmError as error:
            self._note_trouble(error)
            return None

    def _note_trouble(self, error: FarmError) -> None:
        if str(error) != self._last_trouble:
            self._note(str(error))
            self._last_trouble = str(error)


class _Joining:
    """Joins in a process of its own, which Ray may end: it ends each that is connected to a node as that is lost."""

    def __init__(self, plan: HostPlan, folder: Path) -> None:
        self._command = [sys.executable, "-m", _MODULE, str(folder.absolute()), plan.id]
        self._environment = _environment(plan, folder)
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    def __call__(self) -> str | None:
        """See `NodeSupervisor`.

        Raises:
            FarmError: it failed.
        """
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            output, _ = self._process.communicate(timeout=JOIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._give_up(self._process)
            raise NotRunnable(f"joining it took longer than {JOIN_SECONDS:g} s") from None
        code, self._process = self._process.returncode, None
        if code == 0:
            return output.strip() or None
        if code == _REFUSED:
            raise NotRunnable(output.strip())
        raise NotRunnable(f"the process that joins it ended with code {code}")

    def _give_up(self, process: subprocess.Popen[str]) -> None:
        """End a process that joins, and the node that it has started: no board of that may be offered."""
        process.kill()
        process.communicate()
        self._process = None
        with only_change(self._folder):
            if (state := load_state(self._folder)) is not None:
                end_node(state)
                remove_state(self._folder)

    def end(self) -> None:
        """End a process that joins at this moment, from a handler of signals."""
        if process := self._process:
            process.terminate()


def supervise(plan: HostPlan, folder: Path, note: Callable[[str], None]) -> None:
    """Keep a host in its farm until `farm down`, or until SIGTERM or SIGINT asks it to leave.

    Args:
        plan: what `farm up` was asked for.
        folder: the host's state folder.
        note: takes a line that the host's owner should see.
    """
    signals: list[int] = []
    joining = _Joining(plan, folder)

    def leave(number: int, _frame: object) -> None:
        signals.append(number)
        joining.end()

    for number in caught_signals():
        signal.signal(number, leave)
    supervisor = NodeSupervisor(plan, folder, note, join=joining)
    environment = _environment(plan, folder)
    door = DoorKeeper(lambda state: start_door(state, folder, environment), note) if plan.door else None
    while not signals:
        if not supervisor.step():
            return
        if door is not None:
            door.step(supervisor.living_node())
        _reap_children()
        time.sleep(POLL_SECONDS)
    with contextlib.suppress(FarmError):  # `farm down` came first
        leave_farm(folder, drain=False, note=lambda _: None)


def supervise_in_background(plan: HostPlan, folder: Path) -> HostPlan:
    """Keep a host in its farm by a process that outlives this one; return the plan that names the process.

    Raises:
        FarmError: the host has left the farm meanwhile.
    """
    with only_change(folder), stop_signals_wait(), (folder / LOG_FILE).open("ab") as output:
        if not is_kept(plan, folder):
            raise FarmError(f"{plan.name} has left {plan.farm} while it joined: another command took it out")
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE, str(folder.absolute())],
            cwd=folder,
            env=_environment(plan, folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        supervised = plan.model_copy(update={"supervisor": identity_of(process.pid)})
        supervised.save(folder)
    return supervised


def _environment(plan: HostPlan, folder: Path) -> dict[str, str]:
    """The environment of a process that works in the state folder: relative paths become absolute."""
    own = {"FARM_STATE": str(folder.absolute()), "FARM_TOKEN_FILE": str(plan.token_file)}
    if named := os.environ.get(FILE_VARIABLE):
        own[FILE_VARIABLE] = str(Path(named).absolute())
    return {**os.environ, **own}


def _log_of(state: HostState | None) -> str:
    return f" (see {state.log})" if state else ""


def _reap_children() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def _print(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%F %T')} {line}\n")
    sys.stdout.flush()


def main() -> None:
    """Supervise the node of the state folder that is the first argument; with a plan's id, join as it says, once."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        sys.exit(_join_once(sys.argv[2], folder))
    plan = load_plan(folder)
    if plan is not None:
        supervise(plan, folder, _print)


def _join_once(plan_id: str, folder: Path) -> int:
    try:
        joined = join_again(plan_id, folder)
    except FarmError as error:
        sys.stdout.write(str(error))
        return _REFUSED
    except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor tries again
        sys.stdout.write(f"{type(error).__name__}: {error}")
        return _REFUSED
    if joined is not None:
        sys.stdout.write(f"{joined.state.name} is back in the farm at {joined.state.address}, with {joined.offer}")
    return 0


if __name__ == "__main__":
    main()
