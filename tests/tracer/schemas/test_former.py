"""Values in encodings of earlier versions are read like their sources are today."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.schemas.former import reread
from tracer.schemas.v1 import decode as decode_v1
from tracer.values import decode, encode
from tracer.values.lost import Lost

_CONFIG = "MatmulMultiCoreReuseMultiCast1DProgramConfig"
_FIELDS = (
    "compute_with_storage_grid_size=(x=8,y=7),in0_block_w=1,out_subblock_h=1,out_subblock_w=1,out_block_h=7,"
    "out_block_w=1,per_core_M=7,per_core_N=1,fuse_batch=true,fused_activation=std::nullopt,mcast_in0=false,"
    "gather_in0=false,hop_cores={},num_global_cb_receivers=0,untilize_out=false"
)


def struct(fields: str) -> dict[str, Any]:
    """The encoding of a config as a plain struct, which it was where a field could not be read."""
    raw = dict(each.split("=", 1) for each in fields.replace("(x=8,y=7),", "0,").split(","))
    values: dict[str, Any] = {"true": True, "false": False, "std::nullopt": None, "{}": {}}
    read = {name: values[text] if text in values else int(text) for name, text in raw.items()}
    read["compute_with_storage_grid_size"] = {"type": "CoreCoord", "value": "(x=8,y=7)"}
    return {"type": _CONFIG, "fields": read}


@pytest.mark.parametrize(
    ("former", "today"),
    [
        (
            {"type": "set", "fields": {"0": {"type": "MeshCoordinate", "value": "MeshCoordinate(coords=[0, 1])"}}},
            decode({"type": "set", "elements": [{"type": "MeshCoordinate", "value": "MeshCoordinate([0, 1])"}]}),
        ),
        (
            {"type": "ttnn::SoftmaxDefaultProgramConfig", "lost": "[ unsupported type , T]"},
            decode({"type": "SoftmaxDefaultProgramConfig", "value": "SoftmaxDefaultProgramConfig()"}),
        ),
        ({"type": "", "lost": '{"arg0": "[1, 2]"}'}, (1, 2)),
        (struct(_FIELDS), decode_v1(f"{_CONFIG}({_FIELDS})")),
    ],
    ids=["set", "stateless", "text", "struct"],
)
def test_a_former_encoding_is_read(former: dict[str, Any], today: Any) -> None:
    assert reread({"a": former, "b": [former]}) == {"a": today, "b": (today,)}
    assert reread({"a": encode(today)}) == {"a": today}


def test_what_stays_lost_is_lost() -> None:
    former = [{"type": "models.Cache", "lost": "Cache(1)"}, {"type": "", "lost": "{...}"}, {"type": "", "lost": "[1, "}]
    assert reread({"a": former})["a"] == (Lost("Cache(1)", "models.Cache"), Lost("{...}"), Lost("[1, "))
