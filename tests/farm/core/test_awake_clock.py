"""A clock that leaves out the time in which its process was stopped."""

from __future__ import annotations

from farm.core.awake_clock import GAP_SECONDS, AwakeClock


def test_a_gap_between_two_readings_does_not_count() -> None:
    now = 100.0
    clock = AwakeClock(lambda: now)
    begun = clock()
    now += GAP_SECONDS
    assert clock() - begun == GAP_SECONDS
    now += 3600
    assert clock() - begun == GAP_SECONDS
    now += 1
    assert clock() - begun == GAP_SECONDS + 1


def test_a_clock_that_is_read_often_counts_all() -> None:
    now = 0.0
    clock = AwakeClock(lambda: now)
    begun = clock()
    for _ in range(600):
        now += 0.25
        clock()
    assert clock() - begun == 150
