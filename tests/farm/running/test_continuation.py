"""A run that lost its farm's head goes on by a command of its own, once the farm is back."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.cluster.registry.published import PublishedFarm
from farm.core.errors import NotRunnable
from farm.core.spec_option import Group
from farm.core.store_place import StorePlace
from farm.core.sweep_spec import SweepSpec
from farm.core.sweep_spec import options as spec_options
from farm.running import continuation as continuing
from farm.running.continuation import Continuation, RunCutOff, continuation_of, wait_for_farm
from tests.farm.cluster.fake_actors import Clock
from tests.farm.cluster.registry.test_published import Reader
from tests.farm.cluster.registry.test_service import A, B

ADDRESS = "10.0.0.1:6379"


def test_the_command_resumes_the_run_with_its_boards_limits_and_share() -> None:
    spec = SweepSpec.of(
        ["ttnn.add"], address=ADDRESS, suite="model_traced", boards="mock:n300", timeout=5, priority=2, watcher=True
    )
    continuation = continuation_of(RunCutOff("lost", "r1", spec, {"n300", "n150"}), ["--json"])
    assert continuation is not None
    assert (continuation.address, continuation.kinds) == (ADDRESS, ("n150", "n300"))
    words = list(continuation.words)
    assert (words[:3], words[-1]) == (["sweep", "--resume", "r1"], "--json")
    options = dict(zip(words[3:-1:2], words[4:-1:2], strict=True))
    assert options == {
        "--address": ADDRESS,
        "--boards": "mock:n300",
        "--timeout": "5.0",
        "--priority": "2",
    }


def test_every_option_that_a_resumed_run_takes_is_passed_on_as_it_is_written() -> None:
    spec = SweepSpec.of(
        address=ADDRESS, suite="model_traced", max_time=60, max_board_time=30, max_boards=3, retries=1, ttnn=">=0.66"
    )
    taken = {name for each in spec_options().values() if each.group in _TAKEN for name in each.names()}
    continuation = continuation_of(RunCutOff("lost", "r1", spec, ()))
    assert continuation is not None
    written = {word for word in continuation.words if word.startswith("--")} - {"--resume"}
    assert written <= taken
    assert written >= {"--max-time", "--max-board-time", "--max-boards", "--retries", "--ttnn", "--address"}
    assert ">=0.66" in continuation.words


_TAKEN = (Group.BOARDS, Group.LIMITS, Group.FARM)


def test_a_run_without_a_farm_has_no_continuation() -> None:
    assert continuation_of(RunCutOff("lost", "r1", SweepSpec.of(suite="model_traced"), ())) is None


@pytest.mark.parametrize(
    ("store", "words", "by_hand"),
    [
        (None, [], "farm sweep --resume r1"),
        ("all.db", ["--store", "all.db"], "farm sweep --resume r1 --store all.db"),
        ("postgresql://a:horse-1@h/d", [], "farm sweep --resume r1 --store 'postgresql://a:***@h/d'"),
    ],
)
def test_the_commands_name_the_store_and_no_password(store: str | None, words: list[str], by_hand: str) -> None:
    cut = RunCutOff("lost", "r1", SweepSpec.of(address=ADDRESS, suite="model_traced"), ())
    continuation = continuation_of(cut, (), None if store is None else StorePlace.of(store))
    assert continuation is not None
    assert list(continuation.words[3:]) == ["--address", ADDRESS, *words]
    assert continuation.by_hand == by_hand


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader(tmp_path)
    reader.registry.publish()
    monkeypatch.setattr(PublishedFarm, "at", lambda *_: reader.farm)
    return reader


def look(*kinds: str) -> int:
    return continuing._look(Continuation(ADDRESS, kinds, (), ""))


def test_a_look_reads_what_the_registry_publishes(reader: Reader) -> None:
    kinds = {A.kind.name, B.kind.name}
    assert look(*kinds) == continuing._ALL_BACK
    assert look(*kinds, "t3000") == continuing._SOME_BACK
    for board in (A, B):
        reader.registry.hold(board.id, "loud", "ann@lab")
    assert look(*kinds) == NotRunnable.exit_code, "no board is usable"


def test_what_a_registry_published_before_it_ended_is_no_farm(reader: Reader) -> None:
    reader.is_alive = False
    assert look(A.kind.name) == NotRunnable.exit_code


def test_a_farm_that_does_not_answer_is_not_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> PublishedFarm:
        raise NotRunnable("no farm answers there")

    monkeypatch.setattr(PublishedFarm, "at", refuses)
    assert look("n300") == NotRunnable.exit_code


@pytest.mark.parametrize(
    ("looks", "is_back", "waited"),
    [
        ([True], True, 0),
        ([None, None, True], True, 4),
        ([None, False, False, True], True, 6),
        ([None, False], True, 10),
        ([False, None], False, 10),
        ([None], False, 10),
    ],
)
def test_a_farm_is_waited_for_until_it_has_all_boards_or_patience_ends(
    looks: list[bool | None], is_back: bool, waited: float
) -> None:
    clock, states = Clock(), iter([*looks, *[looks[-1]] * 100])
    begun = clock.now

    def sleep(seconds: float) -> None:
        clock.now += seconds

    assert wait_for_farm(lambda: next(states), patience=10, clock=clock, sleep=sleep) is is_back
    assert clock.now - begun == waited
