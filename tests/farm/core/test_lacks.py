"""What backends lack: the words that tell of it."""

from __future__ import annotations

import pytest

from farm.board.backends import BACKENDS
from farm.core.lacks import Lack, decode_lacks, encode_lacks, lack_in, lacking_functions

TEXTS = {
    "sim": [
        "[9552] ERROR: UnsupportedFunctionality: tensix_sfpconfig: instr_mod1=8",
        "RuntimeError: UnimplementedFunctionality: noc_overlay_wr32: offset=0x0",
        "ERROR: unsupportedfunctionality: x",
        "ERROR: UntestedFunctionality: tensix_gapool",
        "ERROR: AssertionFailure: tile.cpp",
        "TT_THROW @ sd_mesh_command_queue.cpp:1\ninfo:\nNot supported for slow dispatch",
        "Using sub device managers is unsupported with slow dispatch",
    ],
    "mock": [
        "TT_FATAL @ control_plane.cpp:3061: this->fabric_context_ != nullptr\ninfo:\n"
        "Trying to get un-initialized fabric context",
        "TT_FATAL: Error, querying num initialized routers for an unknown device 1 (assert.hpp:104)",
        "Can only create multi-device sockets with fabric enabled.",
        "TT_FATAL @ cq_shared_state.cpp:18: cq_id_ == cq_id\ninfo:\nSub device id 0 currently in use by cq 0. "
        "Can't enqueue program from cq 1. Finish or wait for an event to transfer ownership.",
        "strided_all_gather_async op is only supported for Fast Dispatch",
    ],
}
NONE = [
    "TT_FATAL: Shard width 128 must match physical width 768",
    "ERROR: UndefinedBehavior: tensix_execute_unpacr: src_a row=64",
    "AssertionError: 0.5",
    "Out of Memory: Not enough space to allocate 4096 B L1 buffer",
    "",
]


@pytest.mark.parametrize(("backend", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts])
def test_the_words_of_a_lack_are_its_backends_own(backend: str, text: str) -> None:
    lack = lack_in(text, BACKENDS[backend].lacks)
    assert lack is not None
    assert lack.split(": ", 1)[1] in text, "it names what is lacking"
    assert lack_in(text, BACKENDS["silicon"].lacks) is None, "on silicon these words mean nothing special"


@pytest.mark.parametrize("text", NONE)
@pytest.mark.parametrize("backend", BACKENDS)
def test_failures_of_the_test_tell_of_no_lack(backend: str, text: str) -> None:
    assert lack_in(text, BACKENDS[backend].lacks) is None


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_reads_back_the_same(backend: str) -> None:
    lacks = BACKENDS[backend].lacks
    assert decode_lacks(encode_lacks(lacks)) == lacks


def test_the_functions_that_would_crash_are_named() -> None:
    assert dict(lacking_functions(BACKENDS["mock"].lacks))["begin_trace_capture"] == "a mock board has no device traces"
    assert list(lacking_functions([Lack("x", "y")])) == []
