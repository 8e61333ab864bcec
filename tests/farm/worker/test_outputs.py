"""Descriptions of outputs on a mock board: tensors that are alike are described once, others each for itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracer.values import describe, encode

pytestmark = pytest.mark.ttnn


def test_tensors_that_are_alike_are_described_once_and_others_each_for_itself(
    mock_mesh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ttnn

    from farm.worker import outputs

    described: list[object] = []

    def count(live: object) -> object:
        described.append(live)
        return describe(live)

    monkeypatch.setattr(outputs, "describe", count)

    def tensors() -> list[Any]:
        shapes = [(32, 64), (64, 32), (1, 32, 64)]
        usual = {"dtype": ttnn.bfloat16, "layout": ttnn.TILE_LAYOUT, "memory_config": ttnn.DRAM_MEMORY_CONFIG}
        others = [
            {"dtype": ttnn.float32},
            {"layout": ttnn.ROW_MAJOR_LAYOUT},
            {"memory_config": ttnn.L1_MEMORY_CONFIG},
        ]
        made = [(shape, usual) for shape in shapes] + [(shapes[0], {**usual, **other}) for other in others]
        on_device = [ttnn.empty(shape, device=mock_mesh, **options) for shape, options in made]
        return [*on_device, ttnn.from_device(on_device[0])]

    memory = outputs.Outputs()
    expected = [describe(tensor) for tensor in tensors()]
    assert len(set(expected)) == len(expected)
    for _ in range(2):
        descriptions = [memory.describe(tensor) for tensor in tensors()]
        assert [each.value for each in descriptions] == expected
        assert [each.encoded for each in descriptions] == [encode(value) for value in expected]
    assert len(described) == len(expected)
    pair = describe((tensors()[0], None))
    for _ in range(2):
        assert memory.describe((tensors()[0], None)).value == pair
        assert memory.describe([tensors()[0], None]).value == pair
    assert len(described) == len(expected) + 2  # the tuple and the list
    for output in (None, 1, True, (1, None)):
        description = memory.describe(output)
        assert type(description.value) is type(output)
        assert json.loads(json.dumps(description.traced)) == encode(describe(output))
