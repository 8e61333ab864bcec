"""Small values that the cluster keeps, in Ray's own store on the head, for as long as that runs.

A registry that replaces one that failed finds its hosts there. `farm boards` reads there how the farm is: it needs no
actor for that, and need not become a part of the cluster, which takes seconds on a busy host.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pydantic import BaseModel, Field

from farm.cluster.registry.records import FarmView

NAMESPACE = b"farm"
HOST_PREFIX = "host:"
"""The names of what hosts offered; each name continues with the host's."""
SETTINGS = "registry"
"""The name of what a registry is started with."""
VIEW = "view"
"""The name of what the registry published last."""
SECONDS = 5.0
"""How long the head may take to answer."""


class RegistrySettings(BaseModel):
    """What a registry is started with."""

    folder: str = Field(description="The state folder of the head.")
    metrics_port: int | None = None


class PublishedView(BaseModel):
    """The farm as the registry published it.

    No clock says how old it is: the clocks of hosts differ. The registry lives if a newer one follows.
    """

    number: int = Field(description="One more each time.")
    view: FarmView


class ReadableValues(Protocol):
    """Values of a cluster, by name; see `ClusterValues`."""

    def get(self, name: str) -> bytes | None:
        """A value; None where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin with a prefix."""


class Values(ReadableValues, Protocol):
    """Values that may be changed, too."""

    def put(self, name: str, value: bytes) -> None:
        """Keep a value, in place of the one that has the name."""

    def remove(self, name: str) -> None:
        """Forget a value."""


class ClusterValues:
    """The values of a cluster, by name.

    Errors are Ray's own, or those of its transport: callers treat any as "no answer".
    """

    def __init__(self, address: str | None = None) -> None:
        """Make a client.

        Args:
            address: HOST:PORT of the head; None for the cluster that this process is connected to. See `use_token`.
        """
        from farm.cluster.ray_client import ray

        raylet = ray._raylet  # noqa: SLF001 - Ray's own commands ask this way; there is no public one
        self._client = raylet.GcsClient(address=address or ray.get_runtime_context().gcs_address)

    def get(self, name: str) -> bytes | None:
        """A value; None where there is none."""
        value: bytes | None = self._client.internal_kv_get(name.encode(), NAMESPACE, timeout=SECONDS)
        return value

    def put(self, name: str, value: bytes) -> None:
        """Keep a value, in place of the one that has the name."""
        self._client.internal_kv_put(name.encode(), value, True, NAMESPACE, timeout=SECONDS)  # noqa: FBT003 - Ray's form

    def remove(self, name: str) -> None:
        """Forget a value."""
        self._client.internal_kv_del(name.encode(), False, NAMESPACE, timeout=SECONDS)  # noqa: FBT003 - Ray's form

    def names(self, prefix: str) -> Iterator[str]:
        """The names that begin with a prefix."""
        for name in self._client.internal_kv_keys(prefix.encode(), NAMESPACE, timeout=SECONDS):
            yield name.decode()
