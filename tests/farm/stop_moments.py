"""A `farm` command that gets a signal at one moment of its life: as a function is called, or returns.

python -m tests.farm.stop_moments MODULE NAME WHEN SIGNAL WORDS...
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from farm.board.backends.fake import SCRIPT_VARIABLE, Script

ROOT = Path(__file__).parents[2]
_SENT = "the moment came: "


@dataclass(frozen=True)
class Moment:
    """A moment of a command.

    Attributes:
        module: the module of a function, or of its class.
        name: the function's name in it.
        after: whether the signal comes as the function returns, not as it is called.
    """

    module: str
    name: str
    after: bool = False

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'}-{self.name}"


PLANNING = (
    Moment("farm.planning.sweep_plan", "plan_sweep"),
    Moment("farm.planning.sweep_plan", "plan_sweep", after=True),
)
"""Before a run has begun, in the main thread: nothing is recorded."""
RUNNING = (
    Moment("ray", "init"),
    Moment("ray", "init", after=True),
    Moment("ray._private.worker", "connect"),
    Moment("farm.store", "Store.start_run", after=True),
    Moment("farm.store", "Store.plan"),
    Moment("farm.running.driver", "Driver.start"),
    Moment("farm.running.driver", "Driver._started"),
    Moment("farm.store", "Store.record"),
    Moment("farm.store", "Store.record", after=True),
    Moment("farm.store", "Store.finish_run"),
)
"""While a run starts, or goes on."""
REPORTING = (
    Moment("ray", "shutdown"),
    Moment("ray", "shutdown", after=True),
    Moment("farm.store", "Store.view"),
    Moment("farm.report", "write_report"),
    Moment("farm.report", "print_summary"),
    Moment("farm.report", "exit_code_of"),
)
"""While a run's report is written and Ray ends."""


@dataclass(frozen=True)
class Stopped:
    """How a command ended that got a signal.

    Attributes:
        code: its exit code.
        errors: what it printed to stderr.
        has_report: whether the report of a sweep is complete.
    """

    code: int
    errors: str
    has_report: bool

    @property
    def sent(self) -> bool:
        """Whether the moment came."""
        return _SENT in self.errors


def stopped_command(
    words: Sequence[str], moment: Moment, number: signal.Signals, environment: Mapping[str, str] | None = None
) -> Stopped:
    """Run a command, the words after `farm`, that gets a signal once."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.farm.stop_moments", moment.module, moment.name),
            *("after" if moment.after else "before", number.name, *words),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    return Stopped(done.returncode, done.stderr, has_report=False)


def stopped_sweep(moment: Moment, number: signal.Signals, folder: Path) -> Stopped:
    """Run a sweep over 20 vectors on fake boards, of which some can't run there, that gets a signal once."""
    out = folder / "out"
    words = [
        *("sweep", "--suite", "model_traced", "--boards", "fake:n300*2", "--limit", "20"),
        *("--store", str(folder / "farm.db"), "--out", str(out)),
    ]
    stopped = stopped_command(words, moment, number, {SCRIPT_VARIABLE: str(Script(seconds=0.02))})
    has_report = all((out / name).is_file() for name in ("report.json", "summary.md", "junit.xml", "report.html"))
    return replace(stopped, has_report=has_report)


def _sending(call: Callable[..., Any], number: signal.Signals, *, after: bool) -> Callable[..., Any]:
    """The function, whose first call sends a signal to this process."""
    calls = iter(range(1))

    def wrapped(*arguments: Any, **options: Any) -> Any:
        first = next(calls, None) is not None
        if first and not after:
            _send(number)
        result = call(*arguments, **options)
        if first and after:
            _send(number)
        return result

    return wrapped


def _send(number: signal.Signals) -> None:
    sys.stderr.write(f"{_SENT}{number.name}\n")
    sys.stderr.flush()
    os.kill(os.getpid(), number)


def _main() -> None:
    module, name, when, number, *words = sys.argv[1:]
    if module.startswith("ray"):
        import farm.cluster.ray_client
    owner: Any = importlib.import_module(module)
    *outer, last = name.split(".")
    for each in outer:
        owner = getattr(owner, each)
    setattr(owner, last, _sending(getattr(owner, last), signal.Signals[number], after=when == "after"))
    sys.argv = ["farm", *words]
    import farm.__main__

    farm.__main__.main()


if __name__ == "__main__":
    _main()
