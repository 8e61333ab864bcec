"""The boards that a run may have on a farm of several versions of ttnn: the farm's real registry, without Ray."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.cluster import farm_runs
from farm.cluster.farm_runs import farm_boards, farm_fleet, first_report
from farm.cluster.fleet import Offered
from farm.cluster.hosts.membership import offered_boards
from farm.cluster.registry.published import PublishedFarm
from farm.cluster.registry.records import FarmView, HostOffer
from farm.cluster.registry.registry import Registry
from farm.cluster.selection import FarmSelection
from farm.core.board import Board
from farm.core.errors import NotRunnable
from farm.running.plain import PlainProgress

ADDRESS = "10.0.0.1:6379"


class Farm:
    """A client of a registry in this process."""

    def __init__(self) -> None:
        self.registry = Registry()
        self._nodes: list[str] = []

    def join(self, host: str, kind: str, count: int, ttnn: str | None) -> None:
        versions = {} if ttnn is None else {"ttnn": ttnn}
        boards = [replace(each, id=f"{host}:{each.id}", host=host) for each in mock_boards(KINDS[kind], count)]
        self._nodes.append(host)
        self.registry.nodes(self._nodes)
        self.registry.join(HostOffer(host, host, ADDRESS, offered_boards(boards, versions), versions), 0.0)

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        now = () if method.__name__ == "find" else (0.0,)
        return getattr(self.registry, method.__name__)(*arguments, *now)

    def view(self) -> FarmView:
        return self.registry.view(0.0)

    def usable_boards(self) -> list[Board]:
        usable = {board.id for board in self.view().boards if board.is_usable}
        return [self.registry.find(name) for name in sorted(usable)]


@pytest.fixture
def farm(monkeypatch: pytest.MonkeyPatch) -> Farm:
    farm = Farm()

    @contextmanager
    def connected(address: str, token_file: object) -> Iterator[Farm]:
        yield farm

    monkeypatch.setattr(farm_runs, "connected", connected)
    monkeypatch.setattr(PublishedFarm, "at", lambda *_: farm)
    return farm


def chosen(text: str, ttnn: str | None) -> tuple[list[str], tuple[str, ...]]:
    """The hosts of the chosen boards, a name for each board, and the notes."""
    selected = farm_boards(ADDRESS, FarmSelection.parse(text, ttnn))
    return [board.host for board in selected.boards], selected.notes


def test_boards_of_other_versions_take_no_part(farm: Farm) -> None:
    farm.join("old", "n300", 3, "0.66.0")
    farm.join("new", "n300", 2, "0.81.1")
    farm.join("odd", "n300", 1, None)
    hosts, notes = chosen("auto", ">=0.80")
    assert hosts == ["new", "new"]
    assert notes == ("3 boards with ttnn 0.66.0 are left out: old; 1 board with ttnn unknown is left out: odd",)


def test_all_versions_are_used_and_named_where_none_is_asked_for(farm: Farm) -> None:
    farm.join("old", "n300", 1, "0.66.0")
    farm.join("new", "n300", 1, "0.100.0")
    farm.join("newer", "n300", 1, "0.100.0")
    hosts, notes = chosen("auto", None)
    assert sorted(hosts) == ["new", "newer", "old"]
    assert notes == ("these boards are opened by different versions: ttnn 0.66.0 on old; ttnn 0.100.0 on new, newer",)


def test_a_count_counts_boards_of_the_right_version(farm: Farm) -> None:
    farm.join("a-old", "n300", 2, "0.66.0")
    farm.join("b-new", "n300", 2, "0.81.1")
    farm.join("c-old", "p150", 1, "0.66.0")
    hosts, notes = chosen("mock:n300*1", "==0.81.1")
    assert hosts == ["b-new"]
    assert notes == ("2 boards with ttnn 0.66.0 are left out: a-old",), "the p150 wasn't asked for"


def test_a_farm_without_such_a_version_names_those_that_it_has(farm: Farm) -> None:
    farm.join("old", "n300", 3, "0.66.0")
    farm.join("odd", "n300", 1, None)
    with pytest.raises(NotRunnable) as raised:
        chosen("auto", ">=0.90")
    assert str(raised.value) == (
        "the farm at 10.0.0.1:6379 has no usable board with a ttnn that --ttnn '>=0.90' accepts: it has ttnn "
        "0.66.0 (3 boards), unknown (1 board)"
    )
    with pytest.raises(NotRunnable, match=r"no usable board for --boards mock:p150: it has mock:n300 \(4\)"):
        chosen("mock:p150", ">=0.60")


def test_boards_that_join_later_must_match_too(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farm.cluster.farm_fleet.RayFleet.__init__", lambda *_, **__: None)
    farm.join("first", "n300", 1, "0.81.1")
    selection = FarmSelection.parse("auto", ">=0.80")
    boards = farm_boards(ADDRESS, selection).boards
    report = first_report("run", "farm sweep", 0.0, 1)
    with farm_fleet(
        ADDRESS,
        report,
        Limits(),
        boards,
        selection=selection,
        kinds=["n300"],
        progress=PlainProgress(io.StringIO()),
    ) as (fleet, _):
        farm.join("old", "n300", 2, "0.66.0")
        farm.join("new", "n300", 1, "0.82.0")
        answer = farm.registry.exchange(report, 0.0)
        assert len(answer.offered) == 4
        events = fleet._apply(replace(answer, granted=frozenset(), withdrawn={}))
    assert [event.board.host for event in events if isinstance(event, Offered)] == ["new"]
