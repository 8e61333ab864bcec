"""What is read of a farm without a connection to its cluster: the registry's published views, and its hosts' boards."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.cluster.registry.cluster_values import SETTINGS, VIEW, RegistrySettings
from farm.cluster.registry.published import RESTARTS, STARTING_SECONDS, PublishedFarm
from farm.core.errors import NotRunnable
from tests.farm.cluster.registry.test_service import OFFER, A, B, Head


class Reader:
    """A farm's head, and a reader whose waits let the registry publish, if it is alive."""

    def __init__(self, folder: Path) -> None:
        self.head = Head(folder)
        self.registry = self.head.registry()
        self.registry.join(OFFER)
        self.is_alive = True
        self.waits = 0
        self.farm = PublishedFarm("lab:6379", self.head.values, clock=lambda: self.head.now, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.head.now += seconds
        self.waits += 1
        if self.is_alive:
            self.registry.publish()


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_a_view_is_newer_than_the_question(reader: Reader) -> None:
    reader.registry.publish()
    reader.registry.hold(A.id, "loud", "ann@lab")
    view = reader.farm.view()
    assert [board.state.value for board in view.boards] == ["held", "unverified"]
    assert (view.notes, reader.farm.is_current, reader.waits) == ([], True, 1)
    reader.registry.publish()
    reader.farm.view()
    assert reader.waits == 1, "a newer one is there already"


def test_an_old_view_is_shown_as_such(reader: Reader) -> None:
    reader.registry.publish()
    reader.is_alive = False
    for _ in range(2):
        view = reader.farm.view()
        assert (view.notes, len(view.boards), reader.farm.is_current) == ([RESTARTS], 2, False)
    reader.is_alive = True
    assert reader.farm.view().notes == []


def test_a_registry_that_starts_again_counts_anew(reader: Reader) -> None:
    for _ in range(9):
        reader.registry.publish()
    reader.farm.view()
    reader.registry = reader.head.registry()
    reader.registry.publish()
    assert (reader.farm.view().notes, reader.farm.is_current) == ([], True)


def test_usable_boards_are_those_of_the_hosts_that_runs_may_have(reader: Reader) -> None:
    reader.registry.publish()
    assert reader.farm.usable_boards() == [A, B]
    reader.registry.hold(A.id, "loud", "ann@lab")
    assert reader.farm.usable_boards() == [B]
    reader.head.nodes = []
    reader.head.now += 10
    assert reader.farm.usable_boards() == []


def test_a_farm_that_begins_is_waited_for(reader: Reader) -> None:
    reader.head.values.values[SETTINGS] = RegistrySettings(folder="/state").model_dump_json().encode()
    assert len(reader.farm.view().boards) == 2
    reader.head.values.values.pop(VIEW)
    reader.is_alive = False
    silent = PublishedFarm("lab:6379", reader.head.values, clock=lambda: reader.head.now, sleep=reader._sleep)
    began = reader.head.now
    with pytest.raises(NotRunnable, match="the registry of the farm at lab:6379 has published nothing"):
        silent.view()
    assert reader.head.now - began >= STARTING_SECONDS


def test_a_cluster_that_is_no_farm_is_told_from_one(reader: Reader) -> None:
    with pytest.raises(NotRunnable, match="the Ray cluster at lab:6379 is no farm: its head was not started by"):
        reader.farm.view()


def test_a_head_that_does_not_answer_or_speaks_another_language_is_one_line(reader: Reader) -> None:
    reader.head.values.values[VIEW] = b'{"number": 1}'
    with pytest.raises(NotRunnable, match="the registry of the farm at lab:6379 is of another version of farm"):
        reader.farm.view()
    reader.head.values.error = ConnectionError("no route\nto host")
    with pytest.raises(NotRunnable, match="^the farm's head at lab:6379 doesn't answer: no route$"):
        reader.farm.view()
