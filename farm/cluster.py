"""Ray: a small cluster of our own for one run, or one that is there already, if asked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm.errors import NotRunnable

OBJECT_STORE_BYTES = 200_000_000
"""Outcomes are small and travel inside messages; this is for large batches."""
_SHORT = 40
"""Ray makes sockets in its folder, and their paths may have 107 characters, of which it needs 66 itself."""

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # else Ray sees `uv run` above us, and ships the working directory to every actor
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # what Ray prints about dead actors: the driver says it, once
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    # a board's resources are farm's own; Ray is not to touch device variables of actors that ask for no accelerator
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def prepare() -> None:
    """Imports Ray, quiet. Takes about a second, so that it pays to do in a thread while a plan is made."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import ray  # noqa: F401 - for later


@contextmanager
def cluster(boards: int, address: str | None = None) -> Iterator[None]:
    """Connects to Ray for the time of a `with` block, and leaves nothing behind.

    Args:
        boards: how many boards the run uses.
        address: of a running cluster; None starts one of our own on this host, whatever `RAY_ADDRESS` says.

    Raises:
        NotRunnable: Ray doesn't start, doesn't answer, or the cluster has too few boards.
    """
    prepare()
    import ray

    with tempfile.TemporaryDirectory(prefix="farm-ray-", dir=_short_folder(), ignore_cleanup_errors=True) as folder:
        try:
            ray.init(
                **(_own(boards, folder) if address is None else {"address": address}),
                log_to_driver=False,
                logging_level="ERROR",
            )
        except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
            what = f"no Ray cluster at {address}" if address else "Ray doesn't start on this host"
            raise NotRunnable(f"{what}: {str(error).strip().splitlines()[0]}") from error
        try:
            if address is not None:
                _require_boards(boards, address)
            yield
        finally:
            ray.shutdown()


def _own(boards: int, folder: str) -> dict[str, Any]:
    from farm.actor import BOARD_RESOURCE

    return {
        "address": "local",
        "include_dashboard": False,
        "num_cpus": min(boards, os.cpu_count() or 1),
        "num_gpus": 0,
        "resources": {BOARD_RESOURCE: boards},
        "object_store_memory": OBJECT_STORE_BYTES,
        "_temp_dir": folder,
    }


def _require_boards(boards: int, address: str) -> None:
    import ray

    from farm.actor import BOARD_RESOURCE

    there = int(ray.cluster_resources().get(BOARD_RESOURCE, 0))
    if there < boards:
        raise NotRunnable(
            f"the Ray cluster at {address} offers {there} boards, {boards} wanted: start its nodes with "
            f"--resources='{{\"{BOARD_RESOURCE}\": N}}'"
        )


def _short_folder() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(str(folder)) < _SHORT - len("/farm-ray-12345678") else Path("/tmp")  # noqa: S108 - mkdtemp makes a private one in it
