"""A run that lost its farm's head goes on by a command of its own, once the farm is back."""

from __future__ import annotations

import pytest

from farm.core.spec_option import Group
from farm.core.sweep_spec import SweepSpec
from farm.core.sweep_spec import options as spec_options
from farm.running.continuation import RunCutOff, continuation_of, wait_for_farm
from tests.farm.cluster.fake_actors import Clock

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
