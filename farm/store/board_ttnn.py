"""The versions of ttnn that opened a board of a run.

There is more than one where a run is resumed after an upgrade, or a host leaves, is upgraded and joins again. A board's
record has the newest, and keeps the earlier ones in its details.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from farm.store.run_details import read_details


class EarlierTtnn(BaseModel):
    """A version of ttnn that opened a board before the present one.

    Attributes:
        ttnn: the version.
        until: when another one followed, in Unix seconds.
    """

    model_config = ConfigDict(frozen=True)

    ttnn: str
    until: float


class BoardDetails(BaseModel):
    """What the details of a board in a run say about its ttnn.

    Attributes:
        earlier_ttnn: the versions before the present one, oldest first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    earlier_ttnn: tuple[EarlierTtnn, ...] = ()


def earlier_ttnn(details: Mapping[str, Any]) -> tuple[EarlierTtnn, ...]:
    """Read the earlier versions from a board's details."""
    return read_details(details, BoardDetails).earlier_ttnn


def with_earlier_ttnn(
    details: Mapping[str, Any],
    version: str | None,
    replaced: Mapping[str, Any],
    replaced_version: str | None,
    now: float,
) -> dict[str, Any]:
    """Return a board's details, with the versions of ttnn that its replaced record had.

    Args:
        details: of the new record.
        version: the ttnn of the new record; None for a board that is not open yet.
        replaced: the details of the replaced record.
        replaced_version: the ttnn of that one.
        now: Unix time in seconds.
    """
    earlier = list(earlier_ttnn(replaced))
    if replaced_version is not None and replaced_version != version:
        earlier.append(EarlierTtnn(ttnn=replaced_version, until=now))
    if earlier and earlier[-1].ttnn == version:
        earlier.pop()  # the board was opened again, by the same ttnn
    kept = BoardDetails(earlier_ttnn=tuple(earlier))
    return {**details, **(kept.model_dump(mode="json") if earlier else {})}


def ttnn_at(moment: float, version: str | None, earlier: tuple[EarlierTtnn, ...]) -> str | None:
    """Return the version that opened a board at some time.

    Args:
        moment: Unix time in seconds.
        version: the board's newest version; None if no ttnn opened it.
        earlier: the versions before that.
    """
    return next((each.ttnn for each in earlier if moment < each.until), version)
