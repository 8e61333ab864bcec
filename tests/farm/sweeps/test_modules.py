"""Every clause of the contract, and every way to break it, through a real worker on a mock board."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.protocol import WorkerDied, WorkerHung
from farm.board.worker_handle import WorkerProcess
from farm.core.board import Board
from farm.core.measures import private_kernel_cache
from farm.core.messages import ListVectors, VectorsListed
from farm.core.outcome import Outcome
from farm.core.payload import encode
from farm.core.verdicts import Reason, Verdict
from farm.planning.board_choice import with_environment
from farm.planning.module_listing import list_modules
from farm.planning.module_vectors import Planner
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector, plan
from farm.sweeps import dumps
from farm.sweeps.finding import find_modules, module_folder
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.records import Record
from tests.farm.payloads import module_vector
from tests.farm.sweeps.small_master import ADDS, SIGMOIDS, write_small_master
from tracer.device_config import DeviceConfig
from tracer.master.master import Master

pytestmark = pytest.mark.ttnn
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

MODULES = Path(__file__).parents[2] / "sweep_modules"
TRACED = ("model_traced", "validated")
RUN = "\ndef run(a, *, device):\n    return True, ''\n"


@pytest.fixture(scope="module")
def board() -> Board:
    return mock_boards(KINDS["n300"], 1)[0]


@pytest.fixture
def process(board: Board, tmp_path: Path) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(board, tmp_path / "process")
    yield worker
    worker.close()


def records(process: WorkerProcess, place: Path, *names: str, suites: Sequence[str] | None = None) -> list[Record]:
    master = write_small_master(process.workdir.parent / "master.json")
    environment = {MASTER_VARIABLE: str(master)}
    modules = find_modules(module_folder(sweeps=place), names, environment=environment, import_seconds=20)
    return list(list_modules(modules, suites, process))


def planned(
    process: WorkerProcess, place: Path, *names: str, suites: Sequence[str] | None = None, modes: Sequence[str] = ()
) -> list[Vector]:
    return list(Planner(modes).plan(records(process, place, *names, suites=suites), [KINDS["n300"]]))


def run(process: WorkerProcess, vectors: Sequence[Vector]) -> dict[str, Outcome]:
    """Runs vectors as a supervisor does: those after a death in a new process."""
    outcomes: dict[str, Outcome] = {}
    process.start()
    opened: DeviceConfig | None = None
    for vector in (vector for vector in vectors if vector.unrunnable is None):
        if opened != vector.device_config:
            process.open(vector.device_config, 30)
            opened = vector.device_config
        try:
            [outcomes[vector.id]] = process.run([vector.encoded()], 20)
        except (WorkerDied, WorkerHung) as error:
            reason = Reason.HANG if isinstance(error, WorkerHung) else Reason.CRASH
            outcomes[vector.id] = Outcome(vector.id, Verdict.FAIL_CRASH_HANG, reason, str(error))
            process.start()
            opened = None
    process.close()
    return outcomes


@dataclass(frozen=True)
class Swept:
    """All the modules, listed and run once, by one process that is started again where a vector ends it."""

    listed: list[Record]
    vectors: list[Vector]
    outcomes: dict[str, Outcome]
    notes: list[str]

    def of(self, module: str) -> list[Vector]:
        return [vector for vector in self.vectors if vector.operation == module]

    def verdicts(self, module: str) -> Counter[tuple[str, str]]:
        runnable = [vector for vector in self.of(module) if vector.unrunnable is None]
        return Counter((v.suite, self.outcomes[v.id].verdict.value) for v in runnable)


@pytest.fixture(scope="module")
def swept(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Swept:
    folder = tmp_path_factory.mktemp("swept") / "process"
    folder.mkdir()
    notes = folder / "notes"
    process = WorkerProcess(
        replace(board, environment={**board.environment, "SWEEP_FIXTURE_NOTES": str(notes)}), folder
    )
    found = records(process, MODULES, "contract", "eltwise")
    vectors = list(Planner().plan(found, [KINDS["n300"]]))
    outcomes = run(process, vectors)
    process.close()
    return Swept(found, vectors, outcomes, notes.read_text().splitlines())


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("eltwise.unary.sigmoid_accurate.sigmoid_accurate", {("nightly", "validated"): 8, TRACED: SIGMOIDS}),
        ("eltwise.binary.add.add", {("nightly", "validated"): 2, TRACED: ADDS}),
        ("eltwise.binary.add.add_model_traced", {TRACED: ADDS}),
        ("eltwise.ternary.where", {("nightly", "validated"): 8}),
        ("contract.unwritten", {("nightly", "validated"): 8}),
        (
            "contract.xfail",
            {("nightly", "validated"): 1, ("xfail", "xfail"): 1, ("xfail_but_does_not", "validated"): 1},
        ),
    ],
)
def test_modules_end_as_they_should(swept: Swept, module: str, expected: dict[tuple[str, str], int]) -> None:
    assert swept.verdicts(module) == expected


def test_every_way_to_end(swept: Swept) -> None:
    outcomes = swept.outcomes
    ended = {
        (vector.suite, module_vector(vector).values["way"]): (
            outcomes[vector.id].verdict,
            outcomes[vector.id].reason,
        )
        for vector in swept.of("contract.outcomes")
    }
    failed = Verdict.FAIL_ASSERT_EXCEPTION
    assert ended == {
        ("nightly", "true"): (Verdict.VALIDATED, Reason.NONE),
        ("nightly", "false"): (Verdict.VALIDATED, Reason.NONE),
        ("nightly", "pair"): (Verdict.VALIDATED, Reason.NONE),
        ("nightly", "assertion"): (failed, Reason.EXCEPTION),
        ("nightly", "memory"): (Verdict.FAIL_L1_OUT_OF_MEM, Reason.OUT_OF_MEMORY),
        ("nightly", "watcher"): (Verdict.FAIL_WATCHER, Reason.EXCEPTION),
        ("nightly", "device_hang"): (Verdict.FAIL_CRASH_HANG, Reason.HANG),
        ("nightly", "nothing"): (failed, Reason.BROKEN_MODULE),
        ("nightly", "exit"): (failed, Reason.EXCEPTION),
        ("deadly", "abort"): (Verdict.FAIL_CRASH_HANG, Reason.CRASH),
        ("deadly", "sleep"): (Verdict.FAIL_CRASH_HANG, Reason.HANG),
        ("deadly", "true"): (Verdict.VALIDATED, Reason.NONE),
    }
    by_way = {module_vector(vector).values["way"]: outcomes[vector.id] for vector in swept.of("contract.outcomes")}
    assert by_way["false"].message == "not compared, since a mock board computes no numbers; the module said: 0.5"
    assert "in 3 s" in by_way["sleep"].message
    assert "outcomes.py" in by_way["assertion"].traceback


def test_invalid_vectors_are_not_run_with_the_modules_reason(swept: Swept) -> None:
    message = [vector.unrunnable for vector in swept.of("contract.invalidate")]
    assert message == [None, None, None, Unrunnable(Reason.INVALID_VECTOR, "bfloat8_b needs tiles")]


def test_a_fixture_opens_its_board_once_and_closes_it(swept: Swept) -> None:
    assert swept.verdicts("contract.fixture") == {("nightly", "validated"): 3}
    assert swept.notes == ["opened", "0 on 2", "1 on 2", "2 on 2", "closed"]


def test_a_dump_reads_back_the_same(swept: Swept, tmp_path: Path) -> None:
    path = tmp_path / "vectors.jsonl"
    assert list(dumps.write(path, swept.listed)) == swept.listed
    assert list(dumps.read(path)) == swept.listed


def test_a_vector_by_its_place_is_checked_by_its_hash(process: WorkerProcess) -> None:
    [vector, *_] = planned(process, MODULES, "contract.unwritten")
    changed = vector.encoded()._replace(text=encode(replace(module_vector(vector), index=5)))
    process.start()
    process.open(vector.device_config, 30)
    [good, bad] = process.run([vector.encoded(), changed], 20)
    assert good.verdict is Verdict.VALIDATED
    assert (bad.verdict, bad.reason) == (Verdict.NOT_RUN, Reason.VECTOR_CHANGED)
    assert "is another one now" in bad.message


def test_what_is_measured(process: WorkerProcess) -> None:
    vectors = planned(
        process, MODULES, "eltwise.binary.add.add_model_traced", modes=("perf", "memory"), suites=["model_traced"]
    )
    outcomes = list(run(process, vectors).values())
    assert {outcome.verdict for outcome in outcomes} == {Verdict.VALIDATED}
    for metrics in (outcome.metrics for outcome in outcomes):
        # as the module itself measured, both times
        assert (metrics["e2e_perf_ms"], metrics["e2e_perf_warm_ms"]) == (1.5, 1.5)
        assert metrics["num_cores"] in (56, 64)
        assert metrics["peak_l1_memory_per_core_bytes"] >= metrics["peak_l1_buffers_per_core_bytes"]
    # circular buffers that lie in sharded tensors need nothing of their own
    assert any(outcome.metrics["peak_cb_per_core_bytes"] > 0 for outcome in outcomes)
    [vector, *_] = planned(process, MODULES, "eltwise.ternary", modes=("perf_with_cache",))
    master = Master.read(process.workdir.parent / "master.json")
    [traced, *_] = plan(master, ["add"], [KINDS["n300"]], ["perf_with_cache", "memory"])
    untimed, call = run(process, [vector, traced]).values()
    assert {untimed.verdict, call.verdict} == {Verdict.VALIDATED}
    assert (untimed.metrics, untimed.measuring_notes) == ({}, ("perf not available: run() returned no time",))
    assert min(call.metrics["e2e_perf_uncached_ms"], call.metrics["e2e_perf_cached_ms"]) > 0
    assert (call.metrics["peak_cb_per_core_bytes"] > 0, call.measuring_notes) == (True, ())


def test_kernels_measured_cold_are_not_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: Board) -> None:
    [cold] = with_environment([board], ["perf_with_cache"])
    shared, own = tmp_path / "shared", tmp_path / "own"
    assert private_kernel_cache({**cold.environment, "TT_METAL_CACHE": str(own)}) == own
    assert private_kernel_cache({**board.environment, "TT_METAL_CACHE": str(shared)}) is None
    monkeypatch.setenv("TT_METAL_CACHE", str(shared))
    process = WorkerProcess(cold, tmp_path / "process")
    hello = process.start()
    environment = Path(f"/proc/{hello.pid}/environ").read_text().split("\0")
    process.close()
    assert f"TT_METAL_CACHE={tmp_path / 'process' / 'kernels'}" in environment


def test_a_board_without_profiler_opens_all_the_same_and_says_so(board: Board, tmp_path: Path) -> None:
    [measuring] = with_environment([board], ["device_perf"])
    process = WorkerProcess(measuring, tmp_path / "process")
    vectors = planned(process, MODULES, "contract.xfail", "contract.fixture", modes=("device_perf",))
    outcomes = run(process, vectors)
    assert Counter(outcome.verdict for outcome in outcomes.values()) == {Verdict.VALIDATED: 5, Verdict.XFAIL: 1}
    good = [outcome for outcome in outcomes.values() if outcome.verdict is Verdict.VALIDATED]
    assert {outcome.measuring_notes for outcome in good} == {("device perf not available: a mock board runs nothing",)}


BROKEN = {
    "syntax": ("def run(:\n", "broken.syntax does not import: SyntaxError: invalid syntax"),
    "imports": ("import nowhere_to_be_found\n", "No module named 'nowhere_to_be_found' (imports.py, line 1)"),
    "exits": ("import sys\nsys.exit(3)\n", "exits does not import: SystemExit: 3"),
    "dies": ("import os\nparameters = {}\nos.abort()\n", "dies: while it was imported, the worker was killed"),
    "hangs": ("import time\nparameters = {}\ntime.sleep(60)\n", "hangs: no answer in 2 s of importing"),
    "shape": ("parameters = ['nightly']" + RUN, "shape has parameters that are a list; they must be a dict"),
    "suite": ("parameters = {'nightly': {'a': 3}}" + RUN, "suite 'nightly': 'a' must have a list of values, not int 3"),
    "no_run": ("parameters = {}\n", "no_run has no function run()"),
    "halfway": (
        "def values():\n    yield 1\n    raise OSError('gone')\nparameters = {'nightly': {'a': values()}}" + RUN,
        "the values of 'a' raised OSError: gone after 1",
    ),
    "limit": ("TIMEOUT = '30'\nparameters = {'nightly': {'a': [1]}}" + RUN, "TIMEOUT must be a number of seconds"),
    "no number": (
        "TIMEOUT = float('nan')\nparameters = {'nightly': {'a': [1]}}" + RUN,
        "TIMEOUT must be a number of seconds",
    ),
    "judge": (
        "parameters = {'nightly': {'a': [1]}}\ndef invalidate_vector(v): return 1 / 0" + RUN,
        "invalidate_vector() raised ZeroDivisionError",
    ),
    "judge_of_one_part": (
        "parameters = {'nightly': {'a': [1]}}\ndef invalidate_vector(v): return False" + RUN,
        "invalidate_vector() returned False, not (invalid, reason)",
    ),
    "traced": (
        "from farm.sweeps import MasterConfigLoader\nMasterConfigLoader('no.json').get_suite_parameters('ad')\n",
        "traced does not import: TraceFormatError: no.json: no such file",
    ),
    "lacks": (
        "from tests.sweep_framework.master_config_loader_v2 import get_global_loader\n",
        "farm's stand-in for tests.sweep_framework.master_config_loader_v2 lacks get_global_loader: it has "
        "MasterConfigLoader, dict_to_compute_kernel_config, ",
    ),
    "method": (
        "from farm.sweeps import MasterConfigLoader\nMasterConfigLoader().load_master_data()\n",
        "farm's MasterConfigLoader has no load_master_data, only get_suite_parameters(): tt-metal's own is used in its "
        "checkout (--tt-metal DIR)",
    ),
    "framework": (
        "from tests.sweep_framework.sweep_utils.utils import gen_shapes\n",
        "No module named 'tests.sweep_framework.sweep_utils'; if it is tt-metal's, name a checkout that has it: "
        "--tt-metal DIR (framework.py, line 1)",
    ),
    "models": (
        "from models.common.utility_functions import torch_random\n",
        "No module named 'models'; if it is tt-metal's, name a checkout that has it: --tt-metal DIR (models.py, line",
    ),
}
GOOD = "parameters = {'nightly': {'a': [1, 2]}}" + RUN


def test_what_is_wrong_with_a_module_is_named_and_the_others_run(process: WorkerProcess, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for name, (source, _) in BROKEN.items():
        (folder / f"{name}.py").write_text(source if "def run" in source else f"{source}\nrun = None\n")
    (folder / "no_run.py").write_text(BROKEN["no_run"][0])
    (folder / "zz_good.py").write_text(GOOD)
    names = [f"broken.{name}" for name in BROKEN] + ["broken.zz_good"]
    modules = find_modules(module_folder(sweeps=tmp_path), names, import_seconds=2)
    vectors = list(Planner().plan(list_modules(modules, None, process), [KINDS["n300"]]))
    problems = {vector.operation: vector.unrunnable for vector in vectors if vector.unrunnable}
    for name, (_, text) in BROKEN.items():
        broken = problems.pop(f"broken.{name}")
        assert broken is not None
        assert broken.reason is Reason.BROKEN_MODULE
        assert name in broken.message
        assert text in broken.message, f"{name}: {broken.message}"
    assert problems == {}
    left = [vector for vector in vectors if vector.unrunnable is None]
    assert Counter(vector.operation for vector in left) == {"broken.zz_good": 2, "broken.halfway": 1}
    assert {outcome.verdict for outcome in run(process, left).values()} == {Verdict.VALIDATED}


def test_a_module_without_vectors_is_not_run_and_nothing_is_wrong(process: WorkerProcess, tmp_path: Path) -> None:
    (tmp_path / "untraced.py").write_text("parameters = {}" + RUN)
    (tmp_path / "empty.py").write_text("parameters = {'model_traced': {'a': []}}" + RUN)
    message = {vector.operation: vector.unrunnable for vector in planned(process, tmp_path)}
    assert message == {
        "empty": Unrunnable(Reason.NO_VECTORS, "empty: nothing to run: none of its suites has a vector"),
        "untraced": Unrunnable(Reason.NO_VECTORS, "untraced: nothing to run: it defines no suite"),
    }
    assert [vector.operation for vector in planned(process, tmp_path, suites=["nightly"])] == ["untraced"]


FIXTURE = "parameters = {{'nightly': {{'a': [1, 2, 3]}}}}\ndef mesh_device_fixture():\n    {}\n" + RUN


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return iter(())", "mesh_device_fixture() of fixture ends without a device"),
        ("yield 3", "mesh_device_fixture() of fixture must yield (device, name)"),
        ("raise RuntimeError('no such mesh')\n    yield", "no such mesh"),
    ],
)
def test_a_fixture_that_gives_no_device(process: WorkerProcess, tmp_path: Path, body: str, message: str) -> None:
    (tmp_path / "fixture.py").write_text(FIXTURE.format(body))
    outcomes = run(process, planned(process, tmp_path, "fixture"))
    assert len(outcomes) == 3
    for outcome in outcomes.values():
        assert outcome.verdict is Verdict.FAIL_ASSERT_EXCEPTION
        assert message in outcome.message


def test_a_fixture_that_never_yields_costs_one_process(
    process: WorkerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = tmp_path / "tries"
    body = f"open({str(tries)!r}, 'a').write('x')\n    import os; os.abort()\n    yield"
    (tmp_path / "fixture.py").write_text(FIXTURE.format(body))
    outcomes = list(run(process, planned(process, tmp_path, "fixture")).values())
    assert {outcome.verdict for outcome in outcomes} == {Verdict.FAIL_CRASH_HANG}
    assert all("mesh_device_fixture() of fixture" in outcome.message for outcome in outcomes)
    assert tries.read_text() == "x"


def test_a_million_vectors_are_streamed(process: WorkerProcess, tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text(
        "parameters = {'nightly': {'a': range(1000), 'b': range(1000)}}\ndef run(a, b, *, device): return True, ''\n"
    )
    [module] = find_modules(module_folder(sweeps=tmp_path), ["large"])
    hello = process.start()
    count = 0
    for message in process.list_vectors(ListVectors(module), 20):
        count += len(message.vectors) if isinstance(message, VectorsListed) else 0
        if count >= 20_000:
            break
    status = Path(f"/proc/{hello.pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < 600_000, "kB: the process holds no more than a chunk"
    assert os.path.exists(f"/proc/{hello.pid}")  # noqa: PTH110 - it waits to be read, and lives


def test_a_golden_by_torch(process: WorkerProcess) -> None:
    pytest.importorskip("torch", reason="the module needs torch")
    vectors = planned(process, MODULES, "golden")
    outcomes = run(process, vectors)
    assert {vector.suite: outcomes[vector.id].verdict for vector in vectors} == {
        "nightly": Verdict.VALIDATED,
        "host_only": Verdict.VALIDATED,
    }
    assert len(outcomes) == 5
    assert module_vector(vectors[0]).values["torch_dtype"] == {"ttnn": {"type": "dtype", "value": "torch.bfloat16"}}
    assert "not compared" in outcomes[vectors[0].id].message
