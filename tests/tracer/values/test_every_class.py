"""Every class of the installed ttnn that can be an argument: captured, written, read, rebuilt, equal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from tests.tracer.values.made import CannotBeMadeError, argument_classes, made
from tracer.values import Handle, Lost, decode, describe, encode, walk
from tracer.values.live import Rebuilder

pytestmark = pytest.mark.ttnn

LOST = {
    "CBFormatDescriptor": "Python has no class for its data format",
    "EltwiseUnaryWithParam": "its parameters are shown nowhere",
    "KernelDescriptor": "its runtime arguments are addresses",
    "MeshCoreCoord": "before ttnn 0.81, shown nowhere; sockets are made by processes together",
    "MeshProgramDescriptor": "of kernel descriptors",
    "SocketConfig": "as MeshCoreCoord",
    "SocketConnection": "as MeshCoreCoord",
    "SocketMemoryConfig": "as MeshCoreCoord",
}
"""Classes of which a trace can't keep everything, and why."""


def test_every_argument_of_a_class_of_ttnn_is_captured_and_rebuilt() -> None:
    classes = argument_classes()
    assert len(classes) > 60
    wrong, rebuilt = [], 0
    for name, live_class in sorted(classes.items()):
        if name in LOST or name == "Tensor":
            continue
        try:
            objects = [made(live_class, number) for number in (0, 1)]
        except CannotBeMadeError:
            continue  # of the device, or abstract
        described = [describe(each) for each in objects]
        if any(isinstance(each, Handle) for each in described):
            continue
        lost = {part.type.rpartition(".")[2] for each in described for part in walk(each) if isinstance(part, Lost)}
        if lost:
            wrong += [f"{each} in {name} is lost" for each in lost - LOST.keys()]
            continue
        for live, value in zip(objects, described, strict=True):
            read = decode(json.loads(json.dumps(encode(value))))
            again = Rebuilder(None).live(read)
            if read != value or describe(again) != value or text(again) != text(live):
                wrong.append(f"{name}: {text(live)} became {text(again)}")
        rebuilt += 1
    assert wrong == []
    assert rebuilt > 50


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_kept_whole_is_lost_by_name(name: str) -> None:
    live_class = argument_classes().get(name)
    if live_class is None:
        pytest.skip("this ttnn has no such class")
    try:
        live = made(live_class, 0)
    except CannotBeMadeError:
        pytest.skip("it needs a device")
    lost = [part for part in walk(describe(live)) if isinstance(part, Lost)]
    if not lost:
        pytest.skip("this ttnn shows all of it")
    assert all(each.type for each in lost)


def text(live: Any) -> str:
    """Return what an object prints, without its address."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(live))
