"""What a process is given, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from farm.board.feed import Feed
from farm.board.protocol import nothing
from farm.core.payload import EncodedVector
from tests.farm.payloads import encoded_vector


def parcels(names: str) -> list[EncodedVector]:
    return [encoded_vector(name) for name in names]


def ids(piece: Sequence[EncodedVector]) -> str:
    return "".join(parcel.id for parcel in piece)


def test_what_was_given_before_is_not_given_again() -> None:
    feed = Feed(parcels("abcd"), nothing, lambda _: True, given=1)
    assert [ids(feed.piece(2)), ids(feed.piece(2)), ids(feed.piece(2))] == ["bc", "d", ""]


def test_the_next_call_comes_after_this_one_once_it_is_known() -> None:
    known: list[EncodedVector] = []
    feed = Feed(parcels("ab"), lambda: known, lambda _: True, given=0)
    assert [ids(feed.piece(9)), ids(feed.piece(9))] == ["ab", ""]
    known += parcels("cd")
    assert [ids(feed.piece(1)), ids(feed.piece(9)), ids(feed.piece(9))] == ["c", "d", ""]


def test_what_the_process_is_not_to_run_is_left_out_of_both() -> None:
    feed = Feed(parcels("abc"), lambda: parcels("bcd"), lambda parcel: parcel.id != "b", given=1)
    assert [ids(feed.piece(9)), ids(feed.piece(9))] == ["c", "cd"]
