"""What is written down of other ttnns than the installed one."""

from __future__ import annotations

import importlib.metadata
from importlib import resources
from typing import Any

import pytest

from tests.tracer.record_signatures import signatures
from tracer.errors import RebuildError
from tracer.signatures import parse_overloads
from tracer.values import EnumMember, MemoryConfig, Struct
from tracer.values.structs import fields_of
from tracer.values.versions import CLASS, OF_VERSION_1, RECORDED, Default, known_of, read_signatures

MATMUL = "MatmulMultiCoreReuseProgramConfig"


class Config:
    """A class as nanobind documents it."""

    other = 0

    def __init__(self, **fields: Any) -> None:
        assert fields.keys() <= {"rows", "columns"}
        self.fields = fields


Config.__init__.__doc__ = "__init__(self, *, rows: int, columns: int | None = None) -> None"


class Made:
    """A builder whose ttnn has made-up classes."""

    ttnn = device = None

    def __init__(self, **classes: Any) -> None:
        self.classes = classes

    def live(self, value: Any) -> Any:
        return value

    def member(self, enum: str, name: str) -> Any:
        raise NotImplementedError

    def find_class(self, name: str) -> Any:
        return self.classes[name]

    def live_tensor(self, value: Any) -> Any:
        raise NotImplementedError


def test_the_order_of_version_1_and_defaults_are_known() -> None:
    add = known_of("ttnn.add")
    assert [parameter.name for parameter in add.overloads[0].parameters][-2:] == ["use_legacy", "sub_core_grids"]
    assert add.default("use_legacy") == Default(None, OF_VERSION_1)
    assert add.default("fast_and_approximate_mode") == Default(True, "0.81.1")  # noqa: FBT003 - it is the value
    assert known_of("ttnn.reshape").default("recreate_mapping_tensor") == Default(
        EnumMember("TileReshapeMapMode", "CACHE"), OF_VERSION_1
    )
    assert known_of("ttnn.rand").default("memory_config") == Default(MemoryConfig(), OF_VERSION_1)
    assert known_of(CLASS + MATMUL).default("allowed_worker_cores") == Default(None, "0.81.1")


def test_what_has_no_default_or_several_is_not_known() -> None:
    assert known_of("ttnn.add").default("input_tensor_b") is None
    assert known_of("ttnn.add").default("unheard_of") is None
    assert known_of("ttnn.unheard_of").default("x") is None
    assert known_of("ttnn.unheard_of").overloads == ()
    assert known_of("ttnn.linear").default("program_config") == Default(None, OF_VERSION_1)
    # an object that prints nothing of itself
    assert known_of("ttnn.softmax_in_place").default("program_config") is None


def test_a_field_that_the_class_lacks_is_left_out_only_with_its_default() -> None:
    assert fields_of(Config) == frozenset({"rows", "columns", "other"})
    made = Made(**{MATMUL: Config})
    struct = Struct(MATMUL, (("rows", 1), ("columns", 2), ("allowed_worker_cores", None)))
    (left_out,) = struct.left_out(made)
    assert (
        str(left_out) == f"{MATMUL}.allowed_worker_cores: None, the default with ttnn 0.81.1; this ttnn has none such"
    )
    assert struct.build(made).fields == {"rows": 1, "columns": 2}
    assert Struct(MATMUL, (("rows", 1),)).left_out(made) == ()
    with pytest.raises(
        RebuildError, match=f"this ttnn's {MATMUL} has no field allowed_worker_cores, and the trace has 3"
    ):
        Struct(MATMUL, (("rows", 1), ("allowed_worker_cores", 3))).build(made)
    with pytest.raises(RebuildError, match="has no field invented, and the trace has None there$"):
        Struct(MATMUL, (("rows", 1), ("invented", None))).left_out(made)


def test_a_class_without_a_documented_constructor_takes_what_the_trace_has() -> None:
    class Plain:
        pass

    assert Struct("Plain", (("rows", 1),)).left_out(Made(Plain=Plain)) == ()


@pytest.mark.parametrize("version", RECORDED)
def test_every_line_is_a_signature(version: str) -> None:
    recorded = read_signatures((resources.files("tracer") / "data" / f"signatures_{version}.txt").read_text())
    assert len(recorded) > 300
    for name, texts in recorded.items():
        assert name.startswith((CLASS, "ttnn.")), name
        assert all(len(parse_overloads(f"f{each} -> None")) == 1 for each in texts)


@pytest.mark.ttnn
def test_the_signatures_are_those_of_the_ttnn_that_they_name() -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    version = importlib.metadata.version("ttnn")
    if version not in RECORDED:
        pytest.skip(f"ttnn {version} is none of {', '.join(RECORDED)}")
    from tracer.values.versions import _signatures

    recorded = _signatures(version)
    installed: dict[str, set[str]] = {}
    for name, text in signatures():
        installed.setdefault(name, set()).add(text)
    assert {name: set(texts) for name, texts in recorded.items()} == {name: installed[name] for name in recorded}
    if version == OF_VERSION_1:
        assert recorded.keys() == installed.keys()
