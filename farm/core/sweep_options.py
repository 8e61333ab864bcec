"""The options of a sweep by name, with the types that callers may give."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TypedDict

from farm.core.isolation import Isolation, IsolationName
from farm.core.measures import Mode
from farm.core.numeric_options import InputName, InputStyle


class SweepOptions(TypedDict, total=False):
    """The fields of `SweepSpec` by name, with the types that callers may give; all but `operations`."""

    suite: str | None
    master: str | Path | None
    tags: Sequence[str]
    models: Sequence[str]
    modules: Sequence[str]
    skip: Sequence[str]
    tt_metal: str | Path | None
    sweeps: str | Path | None
    vectors_file: str | Path | None
    import_timeout: float
    check_module: str | Path | None
    vectors: Sequence[str]
    shard: str | None
    limit: int | None
    sample: int | None
    seed: int
    boards: str
    address: str | None
    ttnn: str | None
    timeout: float
    retries: int | None
    max_time: float | None
    max_board_time: float | None
    worker_memory: str | None
    isolate: Isolation | IsolationName | None
    measure: Collection[Mode]
    watcher: bool
    inputs: InputStyle | InputName
    canary: bool | None
    repeat: int
    tolerances: str | Path | None
    priority: int
    max_boards: int | None
