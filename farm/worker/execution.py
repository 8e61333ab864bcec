"""The one place where a traced call meets the device: it is made there, and tensors are read back from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import ttnn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call with live arguments, ready to be made.

    Attributes:
        positional, keywords: the arguments, tensors on the device.
        host_positional, host_keywords: the same, with host tensors of the same numbers in place of those on the device.
            On a board that computes nothing, they are the arguments themselves.
        by_position: the parameters of `keywords` that ttnn gets by position, behind `positional`.
    """

    positional: Sequence[Any]
    keywords: Mapping[str, Any]
    host_positional: Sequence[Any]
    host_keywords: Mapping[str, Any]
    by_position: tuple[str, ...] = ()

    def made(self, operation: Callable[..., Any]) -> Any:
        """Make the call, and return its output."""
        keywords = dict(self.keywords)
        positional = [*self.positional, *map(keywords.pop, self.by_position)]
        return operation(*positional, **keywords)


class Execution(Protocol):
    """Makes calls and reads tensors. Tests replace it with one whose outputs are the goldens themselves."""

    def call(self, operation: Callable[..., Any], live: LiveCall) -> Any:
        """Make a call, wait for its end, and return its output."""

    def read(self, tensor: Any) -> list[Any]:
        """Read a tensor back: a host tensor for each chip, in the order of `ttnn.get_device_tensors`."""

    def write(self, words: NDArray[np.uint32], memory: Any) -> Any:
        """Allocate a buffer on every chip and fill it, and return it as a tensor.

        Args:
            words: what it holds, 32 bits each: a page for each row.
            memory: its memory config, a row-major one.
        """

    def words(self, tensor: Any) -> list[NDArray[np.uint32]]:
        """Read such a buffer back, or another of its dtype and layout: its rows on each chip."""


class DeviceExecution:
    """Calls on an open mesh device.

    Attributes:
        device: the device.
        waits: whether to wait for each call's end; on a mock board there is nothing to wait for.
    """

    def __init__(self, device: Any, *, waits: bool) -> None:
        self.device = device
        self.waits = waits

    def call(self, operation: Callable[..., Any], live: LiveCall) -> Any:
        """See `Execution`."""
        output = live.made(operation)
        if self.waits:
            ttnn.synchronize_device(self.device)
        return output

    def read(self, tensor: Any) -> list[Any]:
        """See `Execution`."""
        return [ttnn.from_device(part) for part in ttnn.get_device_tensors(tensor)]

    def write(self, words: NDArray[np.uint32], memory: Any) -> Any:
        """See `Execution`."""
        return ttnn.to_device(ttnn.Tensor(words, ttnn.uint32), self.device, memory_config=memory)

    def words(self, tensor: Any) -> list[NDArray[np.uint32]]:
        """See `Execution`."""
        return [ttnn.from_device(part).to_numpy() for part in ttnn.get_device_tensors(tensor)]
