"""Track the devices that sweep modules open and close, and the fabric that they set, to clean up after them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import ttnn

from farm.core.classify import error_text
from farm.core.errors import WorkerInterrupted
from farm.worker.printed import complain
from tracer.capture.replacing import Replacements

_OPENING = ("open_device", "open_mesh_device", "CreateDevice", "CreateDevices")
_CLOSING = ("close_device", "close_mesh_device", "CloseDevice", "CloseDevices")
_FABRIC = "set_fabric_config"


class ModuleDevices:
    """Watches ttnn's functions that open and close devices, under any of their names.

    Attributes:
        vector_device: the device of the running vector; None where it has none.
        vector_device_closed: whether a module has closed it.
        opened: whether a module has opened a device outside of its fixture.
        entangled: whether a device was closed while another one with the same chips was open. After that, ttnn opens
            devices that don't work, or ends the process.
        board: the device of the board, while it is open and no module has closed it.
    """

    def __init__(self) -> None:
        self.vector_device: Any | None = None
        self.vector_device_closed = False
        self.entangled = False
        self.opened = False
        self.board: Any | None = None
        self._chips: dict[int, frozenset[int]] = {}  # of each open device, by its id
        self._before_opening: Callable[[], None] = _nothing
        self._left_open: list[Any] = []
        self._fabric_set = False
        self._own = False

    def watch(self) -> None:
        """Watch ttnn's functions, until the process ends."""
        Replacements().replace_named(ttnn, (*_OPENING, *_CLOSING, _FABRIC), self._watching)

    def open_board(self, device: Any) -> None:
        """Note the device of the board, which is open now."""
        self.board = device
        self._chips[id(device)] = frozenset(device.get_device_ids())

    def close_board(self) -> None:
        """Note that the device of the board is closed."""
        if self.board is not None:
            self._closed(self.board)

    def begin_vector(self, device: Any) -> None:
        """Note the device that a vector gets."""
        self.vector_device, self.vector_device_closed = device, False

    def end_vector(self) -> None:
        """Note that no vector has a device any more."""
        self.vector_device, self.vector_device_closed = None, False

    @contextlib.contextmanager
    def own(self) -> Iterator[None]:
        """Open and close devices, and set the fabric, without counting as a module."""
        before, self._own = self._own, True
        try:
            yield
        finally:
            self._own = before

    @contextlib.contextmanager
    def before_opening(self, action: Callable[[], None]) -> Iterator[None]:
        """Take an action before a module opens a device or sets the fabric in a `with` block."""
        self._before_opening = action
        try:
            yield
        finally:
            self._before_opening = _nothing

    @property
    def any_left(self) -> bool:
        """Whether a module has a device open."""
        return bool(self._left_open)

    def clear(self) -> None:
        """Close the devices that a module has left open."""
        self.opened = False
        while self._left_open:
            device = self._left_open[-1]
            self._closed(device)
            with self._reported("a device that a module left open could not be closed"):
                ttnn.close_mesh_device(device)

    def clear_fabric(self) -> None:
        """Disable the fabric that a module has left; no device may be open."""
        if self._fabric_set:
            self._fabric_set = False
            with self._reported("the fabric that a module left could not be disabled"):
                ttnn.set_fabric_config(ttnn.FabricConfig.DISABLED)

    @property
    def fabric_left(self) -> bool:
        """Whether a module has set a fabric, and not disabled it."""
        return self._fabric_set

    @contextlib.contextmanager
    def _reported(self, problem: str) -> Iterator[None]:
        with self.own():
            try:
                yield
            except WorkerInterrupted:
                raise
            except BaseException as error:  # noqa: BLE001 - it belongs to no vector
                complain(f"{problem}: {error_text(error)}")

    def _watching(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def watched(*arguments: Any, **keywords: Any) -> Any:
            if self._own:
                return function(*arguments, **keywords)
            if name in _OPENING or name == _FABRIC:
                self._before_opening()
            result = function(*arguments, **keywords)
            first = next(iter((*arguments, *keywords.values())), None)
            if name in _OPENING:
                self._opened(result)
            elif name in _CLOSING:
                self._closed(first)
            else:
                self._fabric_set = first != ttnn.FabricConfig.DISABLED
            return result

        return watched

    def _opened(self, opened: Any) -> None:
        self.opened = True
        for device in _devices(opened):
            if not any(device is each for each in self._left_open):  # one of these functions may call another
                self._left_open.append(device)
                self._chips[id(device)] = frozenset(device.get_device_ids())

    def _closed(self, closed: Any) -> None:
        for device in _devices(closed):
            self.vector_device_closed |= device is self.vector_device
            chips = self._chips.pop(id(device), frozenset())  # none where it was closed before
            self._left_open = [each for each in self._left_open if each is not device]
            if device is self.board:
                self.board = None
            self.entangled |= any(not chips.isdisjoint(others) for others in self._chips.values())


def _devices(opened: Any) -> list[Any]:
    return list(opened.values()) if isinstance(opened, dict) else [opened]


def _nothing() -> None:
    pass
