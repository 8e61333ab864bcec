"""Ray: a small cluster of our own for one run, or one that is there already, if asked."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm.actor import BOARD_RESOURCE
from farm.errors import FarmError, NotRunnable
from farm.quiet_ray import ray

OBJECT_STORE_BYTES = 200_000_000
"""Outcomes are small and travel inside messages; this is for large batches."""
CONNECT_SECONDS = 5.0
"""How long a cluster may take to answer."""
_SHORT = 40
"""Ray makes sockets in its folder, and their paths may have 107 characters, of which it needs 66 itself."""


@contextmanager
def cluster(boards: int, address: str | None = None) -> Iterator[None]:
    """Connects to Ray for the time of a `with` block, and leaves nothing behind.

    Args:
        boards: how many boards the run uses.
        address: of a running cluster; None starts one of our own on this host, whatever `RAY_ADDRESS` says.

    Raises:
        FarmError: the address doesn't read as one.
        NotRunnable: Ray doesn't start, doesn't answer, or the cluster has too few boards.
    """
    with tempfile.TemporaryDirectory(prefix="farm-ray-", dir=_short_folder(), ignore_cleanup_errors=True) as folder:
        if address is not None:
            _require_listener(address)
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
    return {
        "address": "local",
        "_node_ip_address": "127.0.0.1",  # nobody else is to reach it
        "include_dashboard": False,
        "num_cpus": min(boards, os.cpu_count() or 1),
        "num_gpus": 0,
        "resources": {BOARD_RESOURCE: boards},
        "object_store_memory": OBJECT_STORE_BYTES,
        "_temp_dir": folder,
    }


def _require_listener(address: str) -> None:
    """Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise FarmError(f"--address {address}: give host:port, such as 10.0.0.1:6379")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise NotRunnable(f"no Ray cluster at {address}: {error}") from error


def _require_boards(boards: int, address: str) -> None:
    there = int(ray.cluster_resources().get(BOARD_RESOURCE, 0))
    if there < boards:
        raise NotRunnable(
            f"the Ray cluster at {address} offers {there} boards, {boards} wanted: start its nodes with "
            f"--resources='{{\"{BOARD_RESOURCE}\": N}}'"
        )


def _short_folder() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(str(folder)) < _SHORT - len("/farm-ray-12345678") else Path("/tmp")  # noqa: S108 - mkdtemp makes a private one in it
