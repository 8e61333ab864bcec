"""Small captures of each format, as ttnn writes them."""

from __future__ import annotations

import json
import sqlite3
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
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(records))
    return path


def report(path: Path, operations: dict[int, tuple[str, dict[str, str]]], *, ranks: bool = False) -> sqlite3.Connection:
    """A report for ttnn-visualizer with these operations by id, each a name and the text of its arguments.

    Args:
        path: the database.
        operations: the operations.
        ranks: whether the tables are those of a newer ttnn, which tell processes apart.
    """
    database = sqlite3.connect(path)
    rank, storage, zero, device = (
        (", rank int", ", storage_type text", (0,), ("DEVICE",)) if ranks else ("", "", (), ())
    )
    database.executescript(
        f"""CREATE TABLE operations (operation_id int, name text, duration float{rank});
        CREATE TABLE operation_arguments (operation_id int, name text, value text{rank});
        CREATE TABLE input_tensors (operation_id int, input_index int, tensor_id int{rank});
        CREATE TABLE tensors (tensor_id int UNIQUE, shape text, dtype text, layout text, memory_config text,
            device_id int, address int, buffer_type int{rank}{storage});
        CREATE TABLE errors (operation_id int, operation_name text, error_type text, error_message text{rank});"""
    )

    def insert(table: str, *values: Any) -> None:
        row = (*values, *zero)
        database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608

    for number, (name, arguments) in operations.items():
        insert("operations", number, name, 0.5)
        for argument, text in arguments.items():
            insert("operation_arguments", number, argument, text)
    for number, (shape, layout, memory, device_id) in {
        7: ("Shape([1, 32])", "Layout.TILE", DRAM, 0),
        8: ("Shape([1, 64])", "Layout.ROW_MAJOR", None, None),
    }.items():
        row = (number, shape, "DataType.BFLOAT16", layout, memory, device_id, 32, 0, *zero, *device)
        database.execute(f"INSERT INTO tensors VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    database.commit()
    return database


def shown(shape: list[int], chips: int = 1) -> str:
    """A tensor as it prints itself, with some of its numbers, on each of some chips."""
    text = (
        f"ttnn.Tensor([[ 0.50000,  1.25000,  ...,  0.00000]], shape=Shape({shape}), dtype=DataType::BFLOAT16, "
        "layout=Layout::TILE)"
    )
    if chips == 1:
        return text
    return "\n".join(f"device_id: {chip}, MeshCoordinate([0, {chip}])\n{text}" for chip in range(chips))
