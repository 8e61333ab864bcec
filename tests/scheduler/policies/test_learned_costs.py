"""Cost policies: estimates corrected while tasks run."""

from __future__ import annotations

import pytest

from scheduler.policies import LearnedCosts


def test_factors_are_learned_by_group_and_start_from_the_overall_factor() -> None:
    costs = LearnedCosts()
    assert costs.factor((1, "new")) == 1.0
    for _ in range(50):
        costs.observe((1, "slow"), 1.0, 10.0)
    assert costs.factor((1, "slow")) == pytest.approx(10.0)
    assert costs.factor((1, "new")) == pytest.approx(10.0)
    costs.observe((1, "quick"), 1.0, 0.1)
    assert costs.factor((1, "quick")) < costs.factor((1, "new"))
    assert costs.factor((2, "slow")) == pytest.approx(costs.factor((1, "slow")), rel=0.1), "it starts from its group"
    assert not costs.knows((2, "slow"))
    costs.observe((2, "slow"), 1.0, 400.0)
    assert costs.factor((2, "slow")) > 5 * costs.factor((1, "slow"))
