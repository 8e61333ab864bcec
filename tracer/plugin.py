"""The pytest plugin that traces: `pytest -p tracer.plugin --trace-to FILE`.

It writes a raw trace (`tracer.formats.journal`), in which only tests that passed count. It also provides the fixtures
`device` and `mesh_device` for tests whose conftest has none: they open the board that the process sees.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from _pytest.config import ConftestImportFailure

from tracer.capture.excluded import excluded_operations
from tracer.capture.hidden_torch import torch_hidden
from tracer.capture.no_board import advice, lacks_board
from tracer.capture.openings import COMPUTES_VARIABLE, SERIES_VARIABLE, board_computes
from tracer.capture.recorder import Capture
from tracer.capture.value_reader import ValueReader
from tracer.errors import CaptureError
from tracer.formats.journal import PASSED
from tracer.values.text import counted

MODEL_VARIABLE = "HF_MODEL"
"""Names the weights that a test of many models runs with: part of the source, as tt-metal writes it."""

DISPATCH_ON_ETHERNET = ("n300", "t3000")
"""Kinds of boards whose dispatch ttnn puts on ethernet cores; it can't tell a mock board's kind."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of tracing."""
    group = parser.getgroup("tracer", "tracing of ttnn operations")
    group.addoption("--trace-to", metavar="FILE", help="write the raw trace of every operation call to FILE")
    group.addoption(
        "--trace-also",
        metavar="OP",
        action="append",
        default=[],
        help="trace this operation although it only moves or converts (the list: tracer/capture/excluded.py)",
    )
    group.addoption(
        "--trace-without", metavar="OP", action="append", default=[], help="leave this operation out of the trace"
    )
    group.addoption(
        "--trace-values",
        action="store_true",
        help="keep statistics of the numbers in each call's tensors, too, on boards that compute (slower)",
    )


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, None]:
    """Record a conftest.py that can't be imported: pytest ends before any other hook."""
    result = yield
    error = result.exception
    trace = getattr(early_config.known_args_namespace, "trace_to", None)
    if trace is None or not isinstance(error, ConftestImportFailure):
        return
    with suppress(CaptureError):
        capture = Capture(Path(trace).absolute())
        capture.failed("conftest.py", "collect", error)
        capture.finish(int(pytest.ExitCode.USAGE_ERROR))
        capture.stop()


def pytest_configure(config: pytest.Config) -> None:
    """Open the trace, so that a run that can't write it ends before any model has run."""
    trace = config.getoption("--trace-to")
    if trace is None:
        return
    unblock_interrupts()
    target = trace_file(Path(trace), getattr(config, "workerinput", {}).get("workerid"))
    excluded = excluded_operations(also=config.getoption("--trace-also"), without=config.getoption("--trace-without"))
    values = ValueReader(computes=board_computes()) if config.getoption("--trace-values") else None
    try:
        capture = Capture(target, excluded, values)
    except CaptureError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(_Tracing(capture, target), "tracer-tracing")
    if os.environ.get(COMPUTES_VARIABLE) == "0":
        imports = ExitStack()
        imports.enter_context(torch_hidden())
        config.add_cleanup(imports.close)


def unblock_interrupts() -> None:
    """Unblock SIGINT, which Ray blocks in what it starts: it alone makes ttnn release a board."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def trace_file(target: Path, worker: str | None) -> Path:
    """Return the file that a process of pytest writes; pytest-xdist's workers have one each, beside the whole run's."""
    target = target.absolute()
    return target if worker is None else target.with_name(f"{target.stem}.{worker}{target.suffix}")


class _Tracing:
    """Reports to the capture which test runs and how it ended."""

    def __init__(self, capture: Capture, target: Path) -> None:
        self._capture = capture
        self._target = target
        self._phases: dict[str, str] = {}
        self._outcomes: dict[str, list[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        # not earlier: a conftest may have to configure ttnn before it is imported
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

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        result = yield
        report = result.get_result()
        if call.excinfo is None or hasattr(report, "wasxfail"):
            return
        if report.skipped:
            self._capture.skipped(source_of(item.nodeid), _skip_reason(report))
        elif report.failed:
            self._capture.failed(source_of(item.nodeid), report.when, call.excinfo.value)
        if lacks_board(call.excinfo.value):
            report.longrepr = advice(item.nodeid)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, None]:
        result = yield
        report = result.get_result()
        excinfo = report.call.excinfo
        if excinfo is None:
            return
        if report.skipped:
            self._capture.skipped(source_of(collector.nodeid), _skip_reason(report))
        else:
            self._capture.failed(source_of(collector.nodeid), "collect", excinfo.value)
        if lacks_board(excinfo.value):
            report.longrepr = advice(collector.nodeid)

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
        configurations = counted(capture.configurations, "configuration")
        write(f"tracer: {counted(capture.calls, 'call')}, {configurations} in {self._target}")
        if capture.values_read is not None:
            for line in capture.values_read.lines():
                write(f"tracer: {line}")
        if capture.failure:
            write(f"tracer: the trace breaks off, since it can't be written: {capture.failure}")
        for outcome, tests in sorted(self._outcomes.items()):
            if outcome != PASSED:
                write(f"tracer: {outcome}, so --include-failed alone adds its calls: {', '.join(tests)}")

    def _outcome(self) -> str:
        """Return `passed` only if set-up, call and tear-down all passed."""
        not_passed = next((outcome for outcome in self._phases.values() if outcome != PASSED), None)
        if not_passed is not None:
            return not_passed
        return PASSED if self._phases.keys() >= {"setup", "call", "teardown"} else "interrupted"


def _skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test or a file was skipped, without pytest's own word for it."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return str(reason).removeprefix("Skipped: ")[:400]


def source_of(nodeid: str) -> str:
    """Return the source that a master names a test or a script by: its node id, and the model of the environment."""
    model = os.environ.get(MODEL_VARIABLE)
    return f"{nodeid} [{MODEL_VARIABLE}:{model}]" if model else nodeid


@pytest.fixture
def device_params(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Arguments of ttnn's open call, by indirect parametrisation as in tt-metal's own tests."""
    return dict(getattr(request, "param", {}))


@pytest.fixture
def device(device_params: dict[str, Any]) -> Iterator[Any]:
    """The first chip of the board that this process sees."""
    yield from _open((1, 1), device_params)


@pytest.fixture
def mesh_device(request: pytest.FixtureRequest, device_params: dict[str, Any]) -> Iterator[Any]:
    """A mesh of the board's chips: a shape, or a number in a row, by indirect parametrisation; without one, all."""
    import ttnn

    shape = getattr(request, "param", None) or ttnn.get_num_devices()
    yield from _open((1, shape) if isinstance(shape, int) else tuple(shape), device_params)


def _open(shape: tuple[int, ...], params: dict[str, Any]) -> Iterator[Any]:
    import ttnn

    options = dict(params)
    if os.environ.get(SERIES_VARIABLE) in DISPATCH_ON_ETHERNET:
        options.setdefault("dispatch_core_config", ttnn.DispatchCoreConfig(ttnn.DispatchCoreType.ETH))
    fabric = options.pop("fabric_config", None)
    if fabric is not None:
        # without a manager mode, a mock board aborts the process when it is opened
        ttnn.set_fabric_config(fabric, fabric_manager_mode=ttnn.FabricManagerMode.ENABLED)
    mesh = ttnn.open_mesh_device(ttnn.MeshShape(*shape), **options)
    try:
        yield mesh
    finally:
        for submesh in mesh.get_submeshes():
            ttnn.close_mesh_device(submesh)
        ttnn.close_mesh_device(mesh)
        if fabric is not None:
            ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)
