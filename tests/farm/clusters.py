"""Ray clusters for tests."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from farm.cluster.local_cluster import local_cluster
from farm.cluster.ray_client import ray


@contextmanager
def cluster_of(boards: int) -> Iterator[str]:
    """A cluster of our own with so many boards; gives its address."""
    with warnings.catch_warnings():
        # Ray ends its processes and doesn't wait for them; Python complains when it forgets them
        warnings.simplefilter("ignore", ResourceWarning)
        with local_cluster(boards):
            yield ray.get_runtime_context().gcs_address
        gc.collect()
