"""The part of a whole tensor that a chip has."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="golden functions need torch: uv sync --all-groups")
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

from farm.worker.goldens.calling import Mesh  # noqa: E402
from farm.worker.goldens.mesh_parts import part_on  # noqa: E402

pytestmark = pytest.mark.ttnn
WHOLE = torch.arange(24).reshape(2, 4, 3)


@pytest.mark.parametrize(
    ("mesh", "parts"),
    [
        (Mesh((1, 2), (None, 1)), [WHOLE[:, :2], WHOLE[:, 2:]]),
        (Mesh((1, 2), (None, None)), [WHOLE, WHOLE]),
        (Mesh((2, 2), (0, 1)), [WHOLE[:1, :2], WHOLE[:1, 2:], WHOLE[1:, :2], WHOLE[1:, 2:]]),
        (Mesh((2, 2), (1, None)), [WHOLE[:, :2], WHOLE[:, :2], WHOLE[:, 2:], WHOLE[:, 2:]]),
        (Mesh((2, 2), (1, 1)), [WHOLE[:, :1], WHOLE[:, 1:2], WHOLE[:, 2:3], WHOLE[:, 3:]]),
    ],
)
def test_each_chip_has_its_part(mesh: Mesh, parts: list[Any]) -> None:
    assert mesh.chips == len(parts)
    for chip, part in enumerate(parts):
        assert torch.equal(part_on(WHOLE, mesh, chip), part), chip
