"""Checks of what hosts and runs send: one malformed message must not spoil the registry for all others."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from farm.cluster.registry.records import HostOffer, RunReport
from farm.core.errors import FarmError

T = TypeVar("T")
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def checked_offer(offer: HostOffer) -> HostOffer:
    """A host's offer, once its fields have the types that they should have, and its boards are its own.

    Raises:
        FarmError: they don't.
    """
    offer = _checked(offer, "the offer of a host")
    if foreign := sorted(board.id for board in offer.boards if board.host != offer.name):
        raise FarmError(f"host {offer.name!r} offers boards of another host: {', '.join(foreign)}")
    return offer


def checked_report(report: RunReport) -> RunReport:
    """A run's report, once its fields have the types that they should have.

    Raises:
        FarmError: they don't.
    """
    return _checked(report, "the report of a run")


def adapter_of(record: type[T]) -> TypeAdapter[T]:
    """The JSON form of a record, made once: that takes milliseconds."""
    if record not in _ADAPTERS:
        _ADAPTERS[record] = TypeAdapter(record)
    return _ADAPTERS[record]


def _checked(message: T, what: str) -> T:
    """A copy of a message that went through its JSON form: pydantic takes an instance of a dataclass as it is."""
    adapter = adapter_of(type(message))
    try:
        return adapter.validate_json(adapter.dump_json(message, warnings=False))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FarmError(f"{what} is malformed: {where}: {first['msg']}") from error
    except PydanticSerializationError as error:
        raise FarmError(f"{what} is malformed: {error}") from error
