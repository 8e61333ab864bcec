"""A small Ray cluster on this host, for one run."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm.cluster.bare_node import init_bare, on_loopback
from farm.cluster.board_resources import BOARD_RESOURCE
from farm.cluster.ray_credentials import RayCredentials, credentials_sent
from farm.cluster.ray_signals import end_ray
from farm.core.errors import NotRunnable
from farm.core.scratch import Scratch

OBJECT_STORE_BYTES = 200_000_000
"""Outcomes are small and travel inside messages; this is for large batches."""
SCRATCH_PREFIX = "farm-ray-"
LONGEST_TEMPORARY = 20
"""Ray makes sockets in its folder. Their paths may have 107 characters, of which Ray and farm need most."""


@contextmanager
def local_cluster(boards: int, workers: int | None = None) -> Iterator[Path]:
    """A Ray cluster of this host alone for the time of a `with` block, whatever `RAY_ADDRESS` says.

    It listens on the loopback address, and asks for a token of its own: other users of this host have no part in it.
    Nothing of it is left afterwards. Farms of many hosts are in `farm.cluster.hosts`.

    Args:
        boards: how many boards the run may use.
        workers: for how many boards Ray has a process ready; None for all.

    Yields:
        A folder that is removed at the end.

    Raises:
        NotRunnable: Ray doesn't start.
    """
    with _scratch() as folder, credentials_sent(RayCredentials(_make_token(folder))):
        try:
            with on_loopback():
                init_bare(log_to_driver=False, logging_level="ERROR", **_options(boards, workers or boards, folder))
        except Exception as error:  # Ray raises a bare one when its own processes start slowly
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise NotRunnable(f"Ray doesn't start on this host: {reason}") from error
        try:
            yield folder
        finally:
            end_ray()


def _options(boards: int, workers: int, folder: Path) -> dict[str, Any]:
    return {
        "address": "local",
        "_node_ip_address": "127.0.0.1",  # Ray keeps to it within `on_loopback`
        "_system_config": {"enable_metrics_collection": False},  # nobody reads them
        "include_dashboard": False,
        "num_cpus": min(workers, os.cpu_count() or 1),
        "num_gpus": 0,
        "resources": {BOARD_RESOURCE: boards},
        "object_store_memory": OBJECT_STORE_BYTES,
        "_temp_dir": str(folder / "ray"),
    }


def _make_token(folder: Path) -> Path:
    """A file with a new token, which its owner alone can read."""
    path = folder / "token"
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32), encoding="ascii")
    return path


def _scratch() -> Scratch:
    place = Path(tempfile.gettempdir())
    if len(str(place)) > LONGEST_TEMPORARY:
        place = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it
    return Scratch(place, SCRATCH_PREFIX)
