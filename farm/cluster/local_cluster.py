"""Ray: a small cluster of our own for one run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm.cluster.placement import BOARD_RESOURCE
from farm.cluster.ray_client import ray
from farm.core.errors import NotRunnable
from farm.core.scratch import Scratch

OBJECT_STORE_BYTES = 200_000_000
"""Outcomes are small and travel inside messages; this is for large batches."""
PREFIX = "farm-ray-"
LONGEST_TEMPORARY = 20
"""Ray makes sockets in its folder, and their paths may have 107 characters, of which it and we need most."""


@contextmanager
def cluster(boards: int) -> Iterator[Path]:
    """A Ray cluster of our own on this host, whatever `RAY_ADDRESS` says, for the time of a `with` block.

    Gives a folder that is there for as long, and leaves nothing behind. Farms of many hosts are in `farm.cluster`.

    Args:
        boards: how many boards the run uses.

    Raises:
        NotRunnable: Ray doesn't start.
    """
    with _own_folder() as folder:
        try:
            ray.init(log_to_driver=False, logging_level="ERROR", **_own(boards, folder))
        except Exception as error:  # Ray raises a bare one when its own processes are slow to start
            told = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise NotRunnable(f"Ray doesn't start on this host: {told}") from error
        try:
            yield folder
        finally:
            ray.shutdown()


def _own(boards: int, folder: Path) -> dict[str, Any]:
    return {
        "address": "local",
        "_node_ip_address": "127.0.0.1",  # nobody else is to reach it
        "include_dashboard": False,
        "num_cpus": min(boards, os.cpu_count() or 1),
        "num_gpus": 0,
        "resources": {BOARD_RESOURCE: boards},
        "object_store_memory": OBJECT_STORE_BYTES,
        "_temp_dir": str(folder / "ray"),
    }


def _own_folder() -> Scratch:
    """A folder for the time of a run."""
    place = Path(tempfile.gettempdir())
    if len(str(place)) > LONGEST_TEMPORARY:
        place = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it
    return Scratch(place, PREFIX)
