"""The actor of a board, without Ray: what it is given, it runs in order, and tells of."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster import actor as actor_module
from farm.cluster.actor import BoardActor, Message, WorkerStarted
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from tests.farm.payloads import encoded_vector
from tracer.device_config import DeviceConfig

ONE, TWO = DeviceConfig(), DeviceConfig(mesh_shape=(1, 2))


def actor(folder: Path, script: Script) -> BoardActor:
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    made = BoardActor(board, Limits(open=0.05, vector=5.0), folder)
    assert isinstance(made.start(), WorkerStarted)
    return made


def vectors(names: str) -> list[EncodedVector]:
    return [encoded_vector(name) for name in names]


def short(messages: list[Message]) -> list[tuple[int, str]]:
    """Batch numbers, with vectors or "done"; what is told of the board's state is left out."""
    return [
        (batch, told.vector_id if isinstance(told, Outcome) else "done")
        for batch, told in messages
        if told is None or isinstance(told, Outcome)
    ]


def test_batches_run_in_the_order_they_were_given_and_each_has_an_end(tmp_path: Path) -> None:
    held = actor(tmp_path, Script())
    held.give(7, ONE, vectors("ab"))
    held.give(8, TWO, vectors("c"))
    held.give(9, TWO, vectors("d"))
    closer = threading.Thread(target=held.close)
    closer.start()  # it lets all of that end
    messages = [message for chunk in held.outcomes() for message in chunk]
    closer.join(10)
    assert short(messages) == [(7, "a"), (7, "b"), (7, "done"), (8, "c"), (8, "done"), (9, "d"), (9, "done")]


def test_the_end_of_a_batch_is_told_at_once_while_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_module, "CHUNK_SECONDS", 60.0)
    held = actor(tmp_path, Script(seconds=0.5))
    held.give(1, ONE, vectors("a"))
    held.give(2, ONE, vectors("b"))
    outcomes = held.outcomes()
    began = time.monotonic()
    assert short(next(outcomes)) == [(1, "a"), (1, "done")]
    assert isinstance(outcomes, Generator)
    assert short(outcomes.send("as Ray does")) == [(2, "b"), (2, "done")]
    assert time.monotonic() - began < 30
    held.close()


def test_a_call_ends_after_so_many_messages_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actor_module, "CHUNKS_PER_CALL", 2)
    held = actor(tmp_path, Script())
    calls = [held.outcomes()]
    told: list[tuple[int, str]] = []
    for number in range(5):
        held.give(number, ONE, vectors("a"))
        messages = next(calls[-1], None)
        if messages is None:
            calls.append(held.outcomes())
            messages = next(calls[-1])
        told += short(messages)
    assert told == [each for number in range(5) for each in ((number, "a"), (number, "done"))]
    assert len(calls) == 3
    held.close()


def test_after_a_stop_what_waits_comes_back_untried(tmp_path: Path) -> None:
    held = actor(tmp_path, Script())
    held.stop()
    held.give(1, ONE, vectors("ab"))
    assert short(next(held.outcomes())) == [(1, "done")]
    held.close()


def test_closing_an_actor_that_ran_nothing_waits_for_nothing(tmp_path: Path) -> None:
    held = actor(tmp_path, Script())
    assert held.close() == (0, 0)


def test_an_actor_whose_own_code_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = actor(tmp_path, Script(acts={"a": (Act.PASS,)}))

    def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(held._supervisor, "run", broken)
    held.give(1, ONE, vectors("a"))
    with pytest.raises(LookupError, match="a bug"):
        next(held.outcomes())
