"""Configurations of calls whose arguments were printed; equal calls share one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from tracer.formats.base import Loss
from tracer.formats.printed import NUMBERS, not_told, read_argument
from tracer.limits import LONGEST_KEPT, LONGEST_TEXT
from tracer.values import Tensor, Value
from tracer.values.configuration import Configuration, in_order
from tracer.values.lost import LONGEST
from tracer.values.torch_tensor import TorchTensor

_OWN = re.compile(r", tensor_id=\d+(?:, is_allocated=(?:True|False))?(?:, device_id=\d+)?")
METHOD = "ttnn.Tensor."
"""What the names of tensors' methods begin with, which call operations."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def alike(text: str) -> str:
    """Return an argument's text without what differs between arguments that are alike: ids, addresses, numbers."""
    # looking for a part takes a fraction of the time that a pattern takes
    if "Tensor([" in text:
        text = NUMBERS.sub("...", text)
    if len(text) > LONGEST_TEXT:
        return f"({text[:LONGEST]}..."  # no bracket closes it: it is read as lost
    if ", tensor_id=" in text:
        text = _OWN.sub("", text)
    return _ADDRESS.sub("", text) if " at 0x" in text else text


def printed_configuration(
    operation: str,
    texts: tuple[tuple[str, str], ...],
    raised: str | None = None,
    tensors: tuple[Tensor | None, ...] = (),
) -> tuple[Configuration, tuple[Loss, ...]]:
    """Return the configuration of a call's printed arguments, and what they don't say.

    Args:
        operation: canonical name.
        texts: the text of each argument, by position (`0`) or name.
        raised: the text of the exception that the call raised.
        tensors: what is known of its tensors elsewhere, in the order of the call; None for one of torch. They tell what
            the texts don't, if there are as many of them.
    """
    read = _configuration if sum(len(text) for _, text in texts) <= LONGEST_KEPT else _configuration.__wrapped__
    return read(operation, texts, raised, tensors)


@lru_cache(maxsize=8192)
def _configuration(
    operation: str, texts: tuple[tuple[str, str], ...], raised: str | None, tensors: tuple[Tensor | None, ...]
) -> tuple[Configuration, tuple[Loss, ...]]:
    printed = {(f"arg{key}" if key.isdecimal() else key): read_argument(text) for key, text in texts}
    values = {argument: printed[argument].value for argument in in_order(printed)}
    if len(tensors) == sum(1 for value in values.values() for _ in _tensors(value)):
        remaining = iter(tensors)
        values = {argument: _filled(value, remaining) for argument, value in values.items()}
    losses: list[Loss] = []
    for argument, value in values.items():
        missing = dict.fromkeys((*printed[argument].missing, *not_told(value)))
        losses += [Loss(operation, argument, what) for what in missing]
    if operation.startswith(METHOD):
        losses.append(Loss(operation, "", "which operations the method called"))
    return Configuration(operation, values, raised=raised), tuple(losses)


def _tensors(value: Value) -> Iterator[Tensor | TorchTensor]:
    if isinstance(value, (Tensor, TorchTensor)):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _tensors(part)


def _filled(value: Value, tensors: Iterator[Tensor | None]) -> Value:
    """Return a value whose tensors have what the next ones of these say more."""
    if isinstance(value, tuple):
        return tuple([_filled(part, tensors) for part in value])
    if not isinstance(value, (Tensor, TorchTensor)):
        return value
    more = next(tensors)
    if more is None or isinstance(value, TorchTensor) or (value.shape, value.dtype) != (more.shape, more.dtype):
        return value
    return replace(
        value,
        layout=value.layout or more.layout,
        storage=value.storage or more.storage,
        memory=more.memory if value.memory is None else value.memory,
    )
