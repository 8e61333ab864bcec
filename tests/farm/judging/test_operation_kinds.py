"""Every operation has a kind."""

from __future__ import annotations

import pytest

from farm.judging.operation_kinds import OperationKind, kind_of
from tracer.values.versions import recorded_operations


def test_every_operation_that_ttnn_ever_registered_has_a_kind() -> None:
    assert len(recorded_operations()) > 780
    assert not [name for name in recorded_operations() if kind_of(name) is OperationKind.OTHER]


def test_every_operation_of_the_installed_ttnn_has_a_kind() -> None:
    ttnn = pytest.importorskip("ttnn")
    operations = ttnn.query_registered_operations(include_experimental=True)
    names = {each.python_fully_qualified_name for each in operations}
    assert len(names) > 500
    assert not [name for name in names if kind_of(name) is OperationKind.OTHER]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ttnn.add_", OperationKind.ARITHMETIC),
        ("ttnn.experimental.quasar.add", OperationKind.ARITHMETIC),
        ("ttnn.add_bw", OperationKind.BACKWARD),
        ("ttnn.moreh_sum_backward", OperationKind.BACKWARD),
        ("ttnn.transformer.concatenate_heads", OperationKind.MOVEMENT),
        ("ttnn.experimental.nlp_create_qkv_heads", OperationKind.MOVEMENT),
        ("ttnn.experimental.create_qkv_heads", OperationKind.MOVEMENT),
        ("ttnn.kv_cache.update_cache_for_token_", OperationKind.MOVEMENT),
        ("ttnn.transformer.paged_scaled_dot_product_attention_decode", OperationKind.ATTENTION),
        ("ttnn.softmax_in_place", OperationKind.SOFTMAX),
        ("ttnn.transformer.attention_softmax_", OperationKind.SOFTMAX),
        ("ttnn.experimental.all_gather_async", OperationKind.GATHERING),
        ("ttnn.gather", OperationKind.MOVEMENT),
        ("ttnn.experimental.rotary_embedding_llama_fused_qk", OperationKind.ROTARY),
        ("ttnn.embedding", OperationKind.EMBEDDING),
        ("ttnn.experimental.a_matmul_of_next_year", OperationKind.MATMUL),
        ("ttnn.something_else", OperationKind.OTHER),
    ],
)
def test_a_name_gives_the_kind(name: str, kind: OperationKind) -> None:
    assert kind_of(name) is kind
