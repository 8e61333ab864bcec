"""Ray: a small cluster of our own for one run, or one that is there already, if asked."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from farm.actor import BOARD_RESOURCE
from farm.errors import FarmError, NotRunnable
from farm.quiet_ray import ray

OBJECT_STORE_BYTES = 200_000_000
"""Outcomes are small and travel inside messages; this is for large batches."""
CONNECT_SECONDS = 5.0
"""How long a cluster may take to answer."""
PREFIX = "farm-ray-"
LONGEST_TEMPORARY = 20
"""Ray makes sockets in its folder, and their paths may have 107 characters, of which it and we need most."""


@contextmanager
def cluster(boards: int, address: str | None = None) -> Iterator[Path | None]:
    """Connects to Ray for the time of a `with` block, and leaves nothing behind.

    Gives a folder that is there for as long, where all boards are on this host; None in another's cluster.

    Args:
        boards: how many boards the run uses.
        address: of a running cluster; None starts one of our own on this host, whatever `RAY_ADDRESS` says.

    Raises:
        FarmError: the address doesn't read as one.
        NotRunnable: Ray doesn't start, doesn't answer, or the cluster has too few boards.
    """
    if address is not None:
        _require_listener(address)
        with _connected(f"no Ray cluster at {address}", address=address):
            _require_boards(boards, address)
            yield None
    else:
        with _own_folder() as folder, _connected("Ray doesn't start on this host", **_own(boards, folder)):
            yield folder


@contextmanager
def _connected(failure: str, **options: Any) -> Iterator[None]:
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        raise NotRunnable(f"{failure}: {str(error).strip().splitlines()[0]}") from error
    try:
        yield
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


@contextmanager
def _own_folder() -> Iterator[Path]:
    """A folder for the time of a run. What runs that were killed left behind goes too."""
    place = Path(tempfile.gettempdir())
    if len(str(place)) > LONGEST_TEMPORARY:
        place = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it
    for left in place.glob(f"{PREFIX}*"):
        with suppress(OSError), FileLock(left / "lock", blocking=False):
            shutil.rmtree(left, ignore_errors=True)
    hidden = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=place))
    with FileLock(hidden / "lock"):
        # under this name others see it, and see that it is in use
        folder = hidden.rename(place / hidden.name.lstrip("."))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
