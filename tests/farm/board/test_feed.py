"""The vectors that are sent to a worker, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence

from farm.board.feed import Feed
from farm.board.protocol import no_look_ahead
from farm.core.payload import EncodedVector
from tests.farm.payloads import encoded_vector


def vectors(names: str) -> list[EncodedVector]:
    return [encoded_vector(name) for name in names]


def ids(piece: Sequence[EncodedVector]) -> str:
    return "".join(vector.id for vector in piece)


def test_vectors_that_were_sent_are_not_sent_again() -> None:
    feed = Feed(vectors("abcd"), no_look_ahead, lambda _: True, already_sent=1)
    assert [ids(feed.take(2)), ids(feed.take(2)), ids(feed.take(2))] == ["bc", "d", ""]


def test_the_next_call_comes_after_this_one_once_it_is_known() -> None:
    following: list[EncodedVector] = []
    feed = Feed(vectors("ab"), lambda: following, lambda _: True, already_sent=0)
    assert [ids(feed.take(9)), ids(feed.take(9))] == ["ab", ""]
    following += vectors("cd")
    assert [ids(feed.take(1)), ids(feed.take(9)), ids(feed.take(9))] == ["c", "d", ""]


def test_vectors_that_the_process_must_not_run_are_left_out_of_both_calls() -> None:
    feed = Feed(vectors("abc"), lambda: vectors("bcd"), lambda vector: vector.id != "b", already_sent=1)
    assert [ids(feed.take(9)), ids(feed.take(9))] == ["c", "cd"]
