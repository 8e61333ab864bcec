"""A run over a zoo: from a manifest to the master merged from the traces of all its models."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from farm.board.backends.mock import mock_boards
from farm.board.shipping import pack
from farm.core.board import Board, BoardKind
from farm.core.payload import ModelTrace, encode
from farm.core.progress import Progress
from farm.core.store_place import Place
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from farm.running.store_patience import StorePatience
from farm.running.sweep import Sweep, run_sweep
from farm.store.opening import named_place
from farm.store.view import RunView
from farm.zoo.manifest import Entry, Manifest
from farm.zoo.traces import Traces, ZooStore
from tracer.device_config import DeviceConfig
from tracer.formats.journal import TracedTest, UnsafeAllocation
from tracer.formats.values_read import ValuesRead, together
from tracer.master.master import Master

SUITE = "zoo"
MODEL_SECONDS = 30.0
"""The expected time of tracing a model: long enough that each goes to a board by itself."""


@dataclass(frozen=True, slots=True)
class MergedTraces:
    """All traces of a zoo, merged.

    Attributes:
        master: the configurations.
        missing: the models without a complete trace.
        left_out: the tests that didn't pass.
        reading: what was read to keep statistics of values; None if no trace keeps any.
        unsafe: what was allocated on a device while a device trace was live there.
        models: the configurations of each model with a complete trace, by name.
    """

    master: Master
    missing: list[str]
    left_out: list[TracedTest]
    reading: ValuesRead | None
    unsafe: list[UnsafeAllocation]
    models: dict[str, Master]


def with_needed_mocks(boards: Sequence[Board], entries: Iterable[Entry]) -> list[Board]:
    """The boards, and a mock board for each model that can't run on them, of the smallest suitable kind."""
    boards = list(boards)
    for entry in entries:
        kinds = entry.boards.kinds()
        if not any(board.kind in kinds for board in boards):
            boards += mock_boards(min(kinds, key=lambda kind: kind.chips), 1)
    return boards


def plan_models(
    manifest: Manifest,
    entries: Sequence[Entry],
    boards: Sequence[Board],
    arguments: Sequence[str],
    *,
    values: bool = False,
) -> list[Vector]:
    """The models of a manifest as vectors of a run.

    Args:
        manifest: the manifest.
        entries: its models to run.
        boards: the boards of the run.
        arguments: further arguments for all models.
        values: whether to keep statistics of the numbers in each call's tensors, too.

    Raises:
        FarmError: a folder can't be sent to the hosts.
    """
    kinds = {board.kind for board in boards}
    ship = cache(lambda folder: base64.b64encode(pack(folder)).decode())
    return [_vector(manifest, entry, kinds, ship, arguments, values=values) for entry in entries]


def _vector(
    manifest: Manifest,
    entry: Entry,
    kinds: Set[BoardKind],
    ship: Callable[[Path], str],
    arguments: Sequence[str],
    *,
    values: bool,
) -> Vector:
    folder = manifest.folder(entry)
    config = DeviceConfig(mesh_shape=entry.boards.mesh)
    usable = [kind.name for kind in entry.boards.kinds() if kind in kinds]
    need = f"{' or '.join(entry.boards.kind)} with a mesh of {entry.boards.mesh[0]} x {entry.boards.mesh[1]} chips"
    model = ModelTrace(
        id=entry.name,
        target=entry.target,
        folder=str(folder),
        arguments=(*entry.arguments, *arguments),
        environment=entry.environment,
        timeout=entry.timeout,
        values=values,
    )
    return Vector(
        id=entry.name,
        operation=entry.name,
        config_hash="",
        content_hash=entry.digest,
        device_config=config,
        device_config_inferred=False,
        text=encode(model),
        suite=model.suite,
        setup=BoardSetup.uniform(config, usable),
        unrunnable=None if usable else Unrunnable(Reason.UNSATISFIABLE, f"no board of this run is a {need}"),
        seconds=MODEL_SECONDS,
        archive=ship(folder) if entry.workdir is not None and entry.workdir.ship is not None else None,
    )


def run_zoo(sweep: Sweep, traces: Traces, results: Place | None, progress: Progress) -> RunView:
    """Trace models; each trace is kept before the outcome is recorded. A store that is away is waited for.

    Raises:
        NotRunnable: see `run_sweep`.
        KeyboardInterrupt: Ctrl-C was pressed twice.
    """
    patience = StorePatience(named_place(results), progress.note)
    with ZooStore.open(results, ask=patience.ask) as store:
        store.traces, store.note = traces, progress.note
        run_id = run_sweep(sweep, store, progress)
        return patience.ask(partial(store.view, run_id))


def merge_traces(manifest: Manifest, traces: Traces) -> MergedTraces:
    """Merge the traces of all models; an incomplete trace counts with the tests that passed before it broke off."""
    master, missing, left_out, reading = Master(), list[str](), list[TracedTest](), list[ValuesRead]()
    unsafe: list[UnsafeAllocation] = []
    models: dict[str, Master] = {}
    for entry in manifest.entries:
        journal = traces.journal(entry)
        if not traces.is_complete(entry):
            missing.append(entry.name)
        if journal is not None:
            of_model = Master.of(journal.configurations())
            for configuration in of_model:
                for execution in configuration.executions:
                    execution.zoo = {entry.name: entry.model}
            if entry.name not in missing:
                models[entry.name] = of_model
            master.merge(of_model)
            left_out += journal.left_out
            unsafe += journal.unsafe
            reading += [] if journal.reading is None else [journal.reading]
    return MergedTraces(master, missing, left_out, together(reading), unsafe, models)
