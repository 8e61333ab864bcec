"""The goldens of the installed ttnn: each is called, and its class is pinned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from farm.core.golden_survey import GoldenClass, GoldenSurvey
from tracer.signatures import Overload, overloads

pytestmark = pytest.mark.ttnn
torch = pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")

COUNTS = {
    "0.81.1": {
        "compared": 470,
        "no_golden": 11,
        "golden_skips": 8,
        "golden_needs_more": 3,
        "golden_raises": 0,
        "spans_chips": 12,
        "broken": 0,
    },
    # what raises there: topk and is_imag, is_real, polar, bitcast, global_avg_pool2d by mistakes of their own, and
    # group_norm without a core grid
    "0.66.0": {
        "compared": 330,
        "no_golden": 151,
        "golden_skips": 2,
        "golden_needs_more": 1,
        "golden_raises": 7,
        "spans_chips": 0,
        "broken": 0,
    },
}
"""By version of ttnn. torchvision, which one golden needs, is not installed."""


@pytest.fixture(scope="module")
def survey() -> GoldenSurvey:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    from farm.board.golden_survey import survey_goldens

    return survey_goldens()


def test_no_golden_is_broken(survey: GoldenSurvey) -> None:
    assert survey.broken == []
    assert survey.problems == {}


def test_the_number_of_each_class(survey: GoldenSurvey) -> None:
    if survey.ttnn not in COUNTS:
        pytest.skip(f"the numbers of ttnn {survey.ttnn} are not pinned")
    assert survey.counts == COUNTS[survey.ttnn]


def test_operations_that_this_project_once_called_wrongly(survey: GoldenSurvey) -> None:
    for name in ("abs", "elu", "clone", "reciprocal", "full_like", "bitwise_and"):
        assert survey.operations[f"ttnn.{name}"] is GoldenClass.COMPARED, name
    assert survey.experimental["ttnn.experimental.rotary_embedding"] is GoldenClass.COMPARED


def test_a_survey_is_read_back_from_its_json(survey: GoldenSurvey) -> None:
    assert GoldenSurvey.from_json(survey.as_json()) == survey


def test_single_precision_changes_no_golden(mock_mesh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A golden of inputs in single precision is the more precise one of the same operation."""
    import ttnn

    from farm.worker.goldens import calling
    from farm.worker.goldens.tables import KEEPS_DTYPES, SKIPS
    from farm.worker.goldens.torch_values import copied, precise

    differing = []
    for operation in ttnn.query_registered_operations(include_experimental=True):
        name = operation.python_fully_qualified_name
        if operation.golden_function is None or name in KEEPS_DTYPES or name in SKIPS | COARSE:
            continue
        monkeypatch.setattr(calling, "precise", copied)
        in_own_dtype = list(goldens(operation))
        monkeypatch.setattr(calling, "precise", precise)
        differing += [
            name
            for one, other in zip(in_own_dtype, goldens(operation), strict=True)
            if one is not None and not is_close(one, other)
        ]
    assert differing == []


COARSE = {
    # these leave the range or the resolution of BFLOAT16 on the way, or take a step at a number that it doesn't have
    "ttnn.clamp_bw",
    "ttnn.clip_bw",
    "ttnn.multigammaln",
    "ttnn.multigammaln_bw",
    "ttnn.quantize",
}


def goldens(operation: Any) -> Iterable[Any]:
    """Yield what a golden returns for small arguments, None where it can't be called with them."""
    for overload in overloads(operation):
        for optional in (False, True):
            yield golden(operation, overload, optional=optional)


def golden(operation: Any, overload: Overload, *, optional: bool) -> Any:
    from farm.worker.execution import LiveCall
    from farm.worker.goldens.calling import GoldenCall, NotCompared
    from farm.worker.goldens.synthesis import Unsynthesizable, synthesized

    try:
        keywords = synthesized(operation.python_fully_qualified_name, overload, optional=optional)
        return GoldenCall.of(operation, LiveCall((), keywords, (), keywords)).on_chip(0)
    except (NotCompared, Unsynthesizable):
        return None


def is_close(one: Any, other: Any) -> bool:
    from farm.worker.goldens.policy import is_skipped, policy_of

    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_close, one, other))
    if not isinstance(one, torch.Tensor) or is_skipped(one):
        return bool(one is None or is_skipped(other) or one == other)
    policies = [policy_of(each) for each in (one, other)]
    everywhere = [None if each is None or each.scope.value != "all" else each.bounds for each in policies]
    if one.shape != other.shape or everywhere[0] != everywhere[1]:
        return False
    kind = torch.complex64 if one.is_complex() else torch.float64
    # BFLOAT16 has eight bits: a few roundings of numbers up to 1, and of large ones
    one, other = one.detach().to(kind), other.detach().to(kind)
    return bool(torch.allclose(one, other, rtol=0.05, atol=0.02, equal_nan=True))
