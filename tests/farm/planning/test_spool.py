"""Plans that are too large to be held."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from farm.core.verdicts import Reason
from farm.planning import spool
from farm.planning.spool import Spool, kinds_of, operations_of, spooled
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector, plan
from tracer.master.master import Master, shipped


@pytest.fixture(scope="module")
def vectors() -> list[Vector]:
    planned = plan(Master.read(shipped()))
    odd = replace(
        planned[0],
        unrunnable=Unrunnable(Reason.UNSATISFIABLE, "no board\n\ud800"),
        seconds=0.5,
        device_seconds=0.25,
        timeout=3.0,
    )
    return [*planned, replace(odd, id="odd", sources=("a\nb",), lost=("x",), suite="nightly", archive="UEs=")]


def test_vectors_come_back_as_they_were_as_often_as_needed(vectors: list[Vector]) -> None:
    spooled_ones = Spool(vectors)
    assert len(spooled_ones) == len(vectors)
    for _ in range(2):
        assert list(spooled_ones) == vectors
    assert [vector.encoded() for vector in spooled_ones] == [vector.encoded() for vector in vectors]


def test_few_are_a_list_and_many_are_not(vectors: list[Vector], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", len(vectors))
    assert spooled(iter(vectors)) == vectors
    monkeypatch.setattr(spool, "IN_MEMORY", len(vectors) - 1)
    many = spooled(iter(vectors))
    assert isinstance(many, Spool)
    assert list(many) == vectors


def test_its_kinds_and_operations_are_those_of_a_list(vectors: list[Vector]) -> None:
    many = Spool(vectors)
    assert kinds_of(many) == kinds_of(vectors) != frozenset()
    assert operations_of(many) == operations_of(vectors) != frozenset()
    nowhere = [replace(vector, unrunnable=Unrunnable(Reason.STOPPED, "")) for vector in vectors]
    assert kinds_of(Spool(nowhere)) == kinds_of(nowhere) == frozenset()


def test_places_and_slices_are_those_of_a_list(vectors: list[Vector]) -> None:
    many = Spool(vectors)
    assert (many[0], many[7], many[-1]) == (vectors[0], vectors[7], vectors[-1])
    assert list(many[2::8]) == vectors[2::8]
    assert list(many[len(vectors) :]) == []
    with pytest.raises(IndexError):
        many[len(vectors)]


def test_threads_read_it_at_once(vectors: list[Vector]) -> None:
    many = Spool(vectors)
    copies: list[list[Vector]] = []
    threads = [threading.Thread(target=lambda: copies.append(list(many))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert copies == [vectors] * 4
