"""Small captures of each format, as ttnn writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DRAM = (
    "MemoryConfig(memory_layout=TensorMemoryLayout::INTERLEAVED,buffer_type=BufferType::DRAM,shard_spec=std::nullopt,"
    "nd_shard_spec=std::nullopt,created_with_nd_shard_spec=0)"
)


def tensor(number: int, shape: list[int], *, mesh: str = "[1, 1]", spread: str = "[1]", shards: str = "") -> str:
    """The text of a tensor on a device, as ttnn's graph capture has it."""
    return (
        f"ttnn.Tensor(shape=Shape({shape}), dtype=DataType.BFLOAT16, layout=Layout.TILE, memory_config={DRAM}, "
        f"storage_type=StorageType.DEVICE, tensor_id={number}, is_allocated=True, device_id=0, "
        f"mesh_shape=MeshShape({mesh}), mesh_coords=['MeshCoordinate([0, 0])'], "
        f"distribution_shape=MeshShape({spread}), placements=[{shards or repr('PlacementReplicate()')}])"
    )


def record(name: str, **more: Any) -> dict[str, Any]:
    """A call in ttnn's graph capture; its `arguments` are named `arg0` for the first position."""
    arguments = {key.removeprefix("arg"): text for key, text in more.pop("arguments").items()}
    return {"name": name, "arguments": arguments, "input_tensor_ids": [], **more}


def written(path: Path, *records: Any) -> Path:
    """The file of these calls."""
    path.write_text(json.dumps(records))
    return path
