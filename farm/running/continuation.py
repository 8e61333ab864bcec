"""Continue a run whose farm lost its head, once the head is back or another one is in its place.

Ray can't connect one process to two clusters: it ends a process whose head was replaced. So the command that drives the
run is replaced by one that resumes it, in the same process id: whoever started it waits on as before.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from farm.core.errors import ExitCode, FarmError, NotRunnable
from farm.core.spec_option import Group
from farm.core.stop_signals import caught_signals, leave_closed_terminal
from farm.core.store_place import StorePlace
from farm.core.sweep_spec import SweepSpec
from farm.core.sweep_spec import options as spec_options
from farm.store.opening import store_option

PATIENCE_SECONDS = 600.0
"""How long a run waits for its farm."""
POLL_SECONDS = 2.0
"""How long after one look at the farm the next one comes."""
LOOK_SECONDS = 60.0
"""How long one look may take."""
_MODULE = "farm.running.continuation"
_KEPT = (Group.WHAT, Group.MEASURES, Group.NUMBERS)
_ALL_BACK, _SOME_BACK = 0, 10


class RunCutOff(NotRunnable):
    """A run lost its farm's head; what it recorded stays.

    Attributes:
        run_id: the run.
        kinds: the kinds of boards that it had.
        spec: its spec.
    """

    def __init__(self, message: str, run_id: str, spec: SweepSpec, kinds: Collection[str]) -> None:
        super().__init__(message)
        self.run_id = run_id
        self.spec = spec
        self.kinds = frozenset(kinds)


@dataclass(frozen=True, slots=True)
class Continuation:
    """A command that continues a run, and the farm that it waits for.

    Attributes:
        address: HOST:PORT of the farm's head.
        kinds: the kinds of boards that it waits for.
        words: the words of the command, after `farm`.
        by_hand: the command that a person types to resume the run.
    """

    address: str
    kinds: tuple[str, ...]
    words: tuple[str, ...]
    by_hand: str


def continuation_of(
    cut: RunCutOff, further: Sequence[str] = (), store: StorePlace | None = None
) -> Continuation | None:
    """The command that continues a run; None if it ran in no farm.

    Args:
        cut: the run.
        further: further words of the command: where its results go.
        store: the results store that was named; None for the default one.
    """
    if cut.spec.address is None:
        return None
    words = ["sweep", "--resume", cut.run_id, *_words_of(cut.spec), *further]
    if store is not None and not store.secrets:
        words += ["--store", store.reveal()]
    by_hand = f"farm sweep --resume {cut.run_id}{store_option(store)}"
    return Continuation(cut.spec.address, tuple(sorted(cut.kinds)), tuple(words), by_hand)


def _words_of(spec: SweepSpec) -> list[str]:
    """The options for those fields of a spec that a resumed run does not keep by itself."""
    values = spec.as_json()
    words: list[str] = []
    for name, option in spec_options().items():
        if name not in values or option.group in _KEPT:
            continue
        value = values[name]
        if option.flags or isinstance(value, bool):
            words += option.written(value)
        else:
            for each in value if isinstance(value, list) else [value]:
                words += [option.name, str(each)]
    return words


def continue_run(continuation: Continuation, store: StorePlace | None) -> NoReturn:
    """Replace this process by one that waits for the farm, and then runs the command.

    Args:
        continuation: the command.
        store: as of `continuation_of`.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for entry in list(Path("/proc/self/fd").iterdir()):
        if int(entry.name) > 2:
            with contextlib.suppress(OSError):  # that of the list is closed by now
                os.set_inheritable(int(entry.name), False)  # noqa: FBT003 - its only form; Ray's connections end here
    # one with a password is not among the command's words, which every process of the host can read
    environment = os.environ if store is None else {**os.environ, "FARM_STORE": store.reveal()}
    command = [sys.executable, "-m", _MODULE, json.dumps(asdict(continuation))]
    os.execve(sys.executable, command, environment)  # noqa: S606 - farm itself


def wait_for_farm(
    look: Callable[[], bool | None],
    *,
    patience: float = PATIENCE_SECONDS,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Wait until a farm has the boards that a run needs; return whether it has any.

    Args:
        look: looks at the farm: True if all boards are there, False if some are, None if it has none or doesn't answer.
        patience: seconds after which fewer boards do, too.
        clock: seconds, as `time.monotonic` counts them.
        sleep: waits.
    """
    deadline = clock() + patience
    while (state := look()) is not True and clock() < deadline:
        sleep(POLL_SECONDS)
    return state is not None


def _look_from_another_process(argument: str) -> bool | None:
    """Look at the farm in a process that Ray may end."""
    command = [sys.executable, "-m", _MODULE, argument, "look"]
    try:
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=LOOK_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    return {_ALL_BACK: True, _SOME_BACK: False}.get(done.returncode)


def _look(continuation: Continuation) -> int:
    from farm.cluster.registry.published import PublishedFarm
    from farm.core.settings import load_settings

    try:
        farm = PublishedFarm.at(continuation.address, load_settings().token_file)
        usable = {board.kind for board in farm.view().boards if board.is_usable}
    except FarmError as error:
        return int(error.exit_code)
    if not (usable and farm.is_current):
        return int(NotRunnable.exit_code)
    return _ALL_BACK if usable >= set(continuation.kinds) else _SOME_BACK


def main() -> None:
    """Wait for the farm of the continuation that is the first argument, and run its command; with `look`, look once."""
    argument = sys.argv[1]
    fields = json.loads(argument)
    continuation = Continuation(fields["address"], tuple(fields["kinds"]), tuple(fields["words"]), fields["by_hand"])
    if len(sys.argv) > 2:
        sys.exit(_look(continuation))
    run = continuation.words[2]
    sys.stderr.write(f"farm: waiting for the farm at {continuation.address}, up to {PATIENCE_SECONDS:.0f} s\n")
    for number in caught_signals():
        signal.signal(number, signal.default_int_handler)
    try:
        is_back = wait_for_farm(lambda: _look_from_another_process(argument))
    except KeyboardInterrupt:
        leave_closed_terminal()
        sys.stderr.write(f"farm: stopped: what is recorded stays; go on with `{continuation.by_hand}`\n")
        sys.exit(int(ExitCode.INTERRUPTED))
    if not is_back:
        sys.stderr.write(
            f"farm: the farm at {continuation.address} is not back after {PATIENCE_SECONDS:.0f} s: what is recorded "
            f"stays; go on with `{continuation.by_hand}`\n"
        )
        sys.exit(int(NotRunnable.exit_code))
    sys.stderr.write(f"farm: run {run} goes on\n")
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "farm", *continuation.words])  # noqa: S606 - farm itself


if __name__ == "__main__":
    main()
