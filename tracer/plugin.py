"""The pytest plugin that traces: `pytest -p tracer.plugin --trace-to FILE`.

It writes a raw trace (`tracer.capture.journal`), in which only tests that passed count. It also provides the fixtures
`device` and `mesh_device` for tests whose conftest has none: they open the board that the process sees.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tracer.capture.excluded import excluded_operations
from tracer.capture.hidden_torch import torch_hidden
from tracer.capture.journal import PASSED
from tracer.capture.openings import BACKEND_VARIABLE, SERIES_VARIABLE
from tracer.capture.recorder import Capture
from tracer.errors import CaptureError

MODEL_VARIABLE = "HF_MODEL"
"""Names the weights that a test of many models runs with: part of the source, as tt-metal writes it."""

DISPATCH_ON_ETHERNET = ("n300", "t3000")
"""Kinds of boards whose dispatch ttnn puts on ethernet cores: it doesn't know a mock board's kind."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of tracing."""
    group = parser.getgroup("tracer", "tracing of ttnn operations")
    group.addoption("--trace-to", metavar="FILE", help="write the raw trace of every operation call to FILE")
    group.addoption(
        "--trace-also",
        metavar="OP",
        action="append",
        default=[],
        help="trace this operation although it only moves or converts (see tracer/plumbing.py)",
    )
    group.addoption(
        "--trace-without", metavar="OP", action="append", default=[], help="leave this operation out of the trace"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Opens the trace, so that a run that can't write it ends before any model has run."""
    given = config.getoption("--trace-to")
    if given is None:
        return
    unblock_interrupts()
    target = trace_file(Path(given), getattr(config, "workerinput", {}).get("workerid"))
    excluded = excluded_operations(also=config.getoption("--trace-also"), without=config.getoption("--trace-without"))
    try:
        capture = Capture(target, excluded)
    except CaptureError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(_Tracing(capture, target), "tracer-tracing")
    if os.environ.get(BACKEND_VARIABLE) == "mock":
        imports = ExitStack()
        imports.enter_context(torch_hidden())
        config.add_cleanup(imports.close)


def unblock_interrupts() -> None:
    """Lets SIGINT end this process, as it alone makes ttnn release a board: what Ray starts has it blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def trace_file(target: Path, worker: str | None) -> Path:
    """The file that a process of pytest's writes: with pytest-xdist, each worker's stands beside that of the whole."""
    target = target.absolute()
    return target if worker is None else target.with_name(f"{target.stem}.{worker}{target.suffix}")


class _Tracing:
    """Tells the capture which test runs and how it ended."""

    def __init__(self, capture: Capture, target: Path) -> None:
        self._capture = capture
        self._target = target
        self._phases: dict[str, str] = {}
        self._outcomes: dict[str, list[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        # not before: a conftest may have to say how ttnn behaves before anyone imports it
        if session.testsfailed or not getattr(session, "items", None):
            return
        try:
            self._capture.start()
        except CaptureError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, None]:
        source = source_of(item.nodeid)
        self._phases = {}
        self._capture.begin(source)
        yield
        outcome = self._outcome()
        self._outcomes.setdefault(outcome, []).append(item.nodeid)
        self._capture.end(source, outcome)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        xfailed = report.skipped and hasattr(report, "wasxfail")
        self._phases[report.when] = "xfailed" if xfailed else report.outcome

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._capture.finish(int(exitstatus))

    def pytest_unconfigure(self) -> None:
        self._capture.stop()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        capture, write = self._capture, terminalreporter.write_line
        if terminalreporter.config.pluginmanager.hasplugin("dsession"):
            pattern = trace_file(self._target, "*")
            write(f"tracer: each of pytest-xdist's workers wrote a trace of its own: {pattern}")
            return
        write(f"tracer: {capture.calls} calls, {capture.configurations} configurations in {self._target}")
        if capture.failure:
            write(f"tracer: the trace breaks off, since it can't be written: {capture.failure}")
        for outcome, tests in sorted(self._outcomes.items()):
            if outcome != PASSED:
                write(f"tracer: left out, since {outcome}: {', '.join(tests)}")

    def _outcome(self) -> str:
        """Passed only if set-up, call and tear-down all did."""
        bad = next((outcome for outcome in self._phases.values() if outcome != PASSED), None)
        if bad is not None:
            return bad
        return PASSED if self._phases.keys() >= {"setup", "call", "teardown"} else "interrupted"


def source_of(nodeid: str) -> str:
    """What a master calls a test, or a script: its node id, and the model that the environment names."""
    model = os.environ.get(MODEL_VARIABLE)
    return f"{nodeid} [{MODEL_VARIABLE}:{model}]" if model else nodeid


@pytest.fixture
def device_params(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How to open the board: what ttnn's open call takes, by indirect parametrisation as in tt-metal's own tests."""
    return dict(getattr(request, "param", {}))


@pytest.fixture
def device(device_params: dict[str, Any]) -> Iterator[Any]:
    """The first chip of the board that this process sees."""
    yield from _open((1, 1), device_params)


@pytest.fixture
def mesh_device(request: pytest.FixtureRequest, device_params: dict[str, Any]) -> Iterator[Any]:
    """A mesh of the board's chips: the shape, or the number in a row, given by indirect parametrisation; else all."""
    import ttnn

    shape = getattr(request, "param", None) or ttnn.get_num_devices()
    yield from _open((1, shape) if isinstance(shape, int) else tuple(shape), device_params)


def _open(shape: tuple[int, ...], params: dict[str, Any]) -> Iterator[Any]:
    import ttnn

    given = dict(params)
    if os.environ.get(SERIES_VARIABLE) in DISPATCH_ON_ETHERNET:
        given.setdefault("dispatch_core_config", ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.ETH))
    fabric = given.pop("fabric_config", None)
    if fabric is not None:
        # without a manager's word a mock board ends the process here
        ttnn.set_fabric_config(fabric, fabric_manager_mode=ttnn.FabricManagerMode.ENABLED)
    opened = ttnn.open_mesh_device(ttnn.MeshShape(*shape), **given)
    try:
        yield opened
    finally:
        for submesh in opened.get_submeshes():
            ttnn.close_mesh_device(submesh)
        ttnn.close_mesh_device(opened)
        if fabric is not None:
            ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
