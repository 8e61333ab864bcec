"""A whole run over a zoo: from a manifest to the master that all its models' traces make."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farm.board.backends.mock import mock_boards
from farm.board.shipping import pack
from farm.core.board import Board
from farm.core.payload import ModelTrace, encode
from farm.core.progress import Progress
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.vectors import Vector
from farm.running.sweep import Sweep, run_sweep
from farm.store.view import RunView
from farm.zoo.manifest import Entry, Manifest
from farm.zoo.traces import Traces, ZooStore
from tracer.capture.journal import TracedTest
from tracer.device_config import DeviceConfig
from tracer.master.master import Master

SUITE = "zoo"
MODEL_SECONDS = 30.0
"""What tracing a model is taken to take: each goes to a board by itself."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What all traces of a zoo hold together.

    Attributes:
        master: the configurations.
        missing: the models of which there is no whole trace.
        left_out: the tests that didn't pass.
    """

    master: Master
    missing: list[str]
    left_out: list[TracedTest]


def with_needed_mocks(boards: Sequence[Board], entries: Iterable[Entry]) -> list[Board]:
    """Adds mock boards of the kinds that some model can't do without; the smallest that will do."""
    enough = list(boards)
    for entry in entries:
        able = entry.boards.able()
        if not any(board.kind in able for board in enough):
            enough += mock_boards(min(able, key=lambda kind: kind.chips), 1)
    return enough


def planned(manifest: Manifest, entries: Sequence[Entry], boards: Sequence[Board], also: Sequence[str]) -> list[Vector]:
    """The models as work for the farm.

    Args:
        manifest: where they are from.
        entries: which of them.
        boards: what there is to run on.
        also: further arguments for all of them.

    Raises:
        FarmError: a folder can't be sent along.
    """
    there = {board.kind for board in boards}
    ship = functools.cache(lambda folder: base64.b64encode(pack(folder)).decode())
    return [_vector(manifest, entry, there, ship, also) for entry in entries]


def _vector(
    manifest: Manifest, entry: Entry, there: set[Any], ship: Callable[[Path], str], also: Sequence[str]
) -> Vector:
    folder = manifest.folder(entry)
    config = DeviceConfig(mesh_shape=entry.boards.mesh)
    able = [kind.name for kind in entry.boards.able() if kind in there]
    wanted = f"{' or '.join(entry.boards.kind)} with a mesh of {entry.boards.mesh[0]} x {entry.boards.mesh[1]} chips"
    model = ModelTrace(
        id=entry.name,
        target=entry.target,
        folder=str(folder),
        archive=ship(folder) if entry.workdir is not None and entry.workdir.ship is not None else None,
        arguments=(*entry.arguments, *also),
        environment=entry.environment,
        timeout=entry.timeout,
    )
    return Vector(
        id=entry.name,
        operation=entry.name,
        config_hash="",
        content_hash=entry.digest,
        device_config=config,
        device_config_inferred=False,
        text=encode(model),
        setup=BoardSetup.uniform(config, able),
        unrunnable=None if able else (Reason.UNSATISFIABLE, f"no board here is a {wanted}"),
        seconds=MODEL_SECONDS,
    )


def run_zoo(sweep: Sweep, traces: Traces, results: str | Path | None, progress: Progress) -> RunView:
    """Traces models on the farm; each trace is kept before its result is recorded.

    Raises:
        NotRunnable: see `run_sweep`.
        KeyboardInterrupt: Ctrl-C came twice.
    """
    with ZooStore.open(results) as store:
        assert isinstance(store, ZooStore)  # noqa: S101 - `open` makes one of its own class
        store.traces, store.tell = traces, progress.note
        return store.view(run_sweep(sweep, store, progress))


def gather(manifest: Manifest, traces: Traces) -> Gathered:
    """Merges the traces of all models, whole or not: of a broken one, the tests that passed before it broke."""
    gathered = Gathered(Master(), [], [])
    for entry in manifest.entries:
        journal = traces.journal(entry)
        if not traces.whole(entry):
            gathered.missing.append(entry.name)
        if journal is not None:
            gathered.master.merge(journal.master())
            gathered.left_out.extend(journal.left_out)
    return gathered
