"""Calls whose memory is watched, on a mock whose memory a double models."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest

from farm.core.numeric_options import NumericOptions
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from tracer.values import CoreCoord, CoreRange, CoreRangeSet, MemoryConfig, ShardSpec, Struct, Tensor
from tracer.values import encode as encode_value

pytestmark = pytest.mark.ttnn
pytest.importorskip("torch", reason="inputs are compared with torch: uv sync --all-groups")


def sharded(layout: str, columns: int, rows: int, shard: tuple[int, int]) -> MemoryConfig:
    cores = CoreRangeSet((CoreRange(CoreCoord(0, 0), CoreCoord(columns - 1, rows - 1)),))
    return MemoryConfig(layout, "L1", ShardSpec(cores, shard))


MEMORIES = {
    "DRAM": Tensor((1, 1, 64, 96), "BFLOAT16", "TILE"),
    "DRAM of 13 pages": Tensor((1, 1, 32, 416), "BFLOAT8_B", "TILE"),
    "DRAM by rows": Tensor((1, 1, 100, 50), "BFLOAT16", "ROW_MAJOR"),
    "L1": Tensor((1, 1, 64, 96), "BFLOAT16", "TILE", memory=MemoryConfig("INTERLEAVED", "L1")),
    "L1 of 65 pages": Tensor((1, 1, 32, 65 * 32), "FLOAT32", "TILE", memory=MemoryConfig("INTERLEAVED", "L1")),
    "height": Tensor((1, 1, 128, 64), "BFLOAT16", "TILE", memory=sharded("HEIGHT_SHARDED", 4, 1, (32, 64))),
    "width": Tensor((1, 1, 32, 256), "BFLOAT16", "TILE", memory=sharded("WIDTH_SHARDED", 2, 2, (32, 64))),
    "block": Tensor((1, 1, 64, 256), "BFLOAT16", "TILE", memory=sharded("BLOCK_SHARDED", 4, 2, (32, 64))),
    "all cores": Tensor((1, 1, 2048, 32), "BFLOAT16", "TILE", memory=sharded("HEIGHT_SHARDED", 8, 8, (32, 32))),
}
INTERLEAVED = [name for name, tensor in MEMORIES.items() if tensor.memory is None or tensor.memory.shard_spec is None]
SHARDED = [name for name in MEMORIES if name not in INTERLEAVED]


@pytest.fixture
def run(mock_mesh: Any) -> Callable[..., Any]:
    from farm.worker.runner import Runner
    from tests.farm.worker.modelled_memory import ModelledMemory

    def run(
        operation: str, *places: Any, bend: Any = None, prepare: Any = None, repeat: int = 1, **named: Any
    ) -> tuple[Any, ModelledMemory]:
        memory = ModelledMemory(mock_mesh, bend)
        if prepare is not None:
            prepare(memory)
        runner = Runner(mock_mesh, computes=True, canary=True, execution=memory)
        arguments = {f"arg{number}": encode_value(value) for number, value in enumerate(places)}
        arguments |= {name: encode_value(value) for name, value in named.items()}
        options = NumericOptions(repeat=repeat)
        return runner.run(TracedCall("one", operation, arguments, numbers=options)), memory

    return run


@pytest.fixture(autouse=True)
def nothing_stays_allocated(mock_mesh: Any) -> Any:
    import ttnn

    def allocated() -> list[int]:
        buffers = (ttnn.BufferType.DRAM, ttnn.BufferType.L1)
        return [ttnn.get_memory_view(mock_mesh, each).total_bytes_allocated_per_bank for each in buffers]

    before = allocated()
    yield
    assert allocated() == before


def arguments(tensor: Tensor) -> tuple[Any, ...]:
    """An operation whose output lies as its input does, and its arguments."""
    return ("ttnn.multiply", tensor, 0.0) if tensor.layout == "TILE" else ("ttnn.neg", tensor)


@pytest.mark.parametrize("name", MEMORIES)
def test_a_call_that_writes_its_output_alone_is_watched_and_passes(run: Callable[..., Any], name: str) -> None:
    outcome, memory = run(*arguments(MEMORIES[name]))
    assert outcome.reason is not Reason.WROTE_PAST_OUTPUT, outcome.message
    assert outcome.details["canary"] == {"watched": ["output"]}
    assert memory.calls == (2 if outcome.verdict is Verdict.PASS else 3)  # a third one where its numbers are wrong


@pytest.mark.parametrize("name", INTERLEAVED)
@pytest.mark.parametrize("chip", [0, 1])
def test_one_page_past_the_output_is_found(run: Callable[..., Any], name: str, chip: int) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        memory.write_pages(output, memory.pages(output), 1, chip=chip)

    outcome, _ = run(*arguments(MEMORIES[name]), bend=bend)
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.WROTE_PAST_OUTPUT)
    assert f"of chip {chip}: 0x33333333, before the call 0x7f" in outcome.message


@pytest.mark.parametrize("name", INTERLEAVED)
def test_a_whole_round_of_pages_past_the_output_is_found_next_to_its_end(run: Callable[..., Any], name: str) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        banks = len(memory.lanes(output.memory_config().buffer_type, 0))
        memory.write_pages(output, -(-memory.pages(output) // banks) * banks, banks)

    outcome, _ = run(*arguments(MEMORIES[name]), bend=bend)
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    assert "the first 0 B after the end of output, in " in outcome.message


@pytest.mark.parametrize("name", MEMORIES)
def test_a_word_before_the_output_is_found(run: Callable[..., Any], name: str) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        memory.lanes(output.memory_config().buffer_type, 1)[3, output.buffer_address() // 4 - 2] = 7

    outcome, _ = run(*arguments(MEMORIES[name]), bend=bend)
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    place = "core (3, 0)" if "L1" in name or name in SHARDED else "bank 3"
    assert f"the first 8 B before output, in {place} of chip 1: 0x00000007" in outcome.message


@pytest.mark.parametrize("name", SHARDED)
def test_a_word_past_a_shard_is_found_by_its_core(run: Callable[..., Any], name: str) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        end = (output.buffer_address() + memory.size(output)) // 4
        memory.lanes(output.memory_config().buffer_type, 0)[1, end + 4] = 7

    outcome, _ = run(*arguments(MEMORIES[name]), bend=bend)
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    assert "1 word of L1, the first 16 B after the end of output, in core (1, 0) of chip 0" in outcome.message


@pytest.mark.parametrize("name", [name for name in SHARDED if name != "all cores"])
def test_a_shard_on_a_core_that_has_none_is_found(run: Callable[..., Any], name: str) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        memory.lanes(output.memory_config().buffer_type, 0)[63, output.buffer_address() // 4 + 5] = 7

    outcome, _ = run(*arguments(MEMORIES[name]), bend=bend)
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    assert "20 B after the start of output, where it has no part, in core (7, 7) of chip 0" in outcome.message


def word_after(tensor_of: Callable[[Any], Any]) -> Any:
    """A bend that writes a word behind a tensor: behind all its pages, in the first lane."""

    def bend(memory: Any, live: Any, output: Any) -> None:
        tensor = tensor_of(output)
        end = (tensor.buffer_address() + memory.size(tensor)) // 4
        memory.lanes(tensor.memory_config().buffer_type, 0)[0, end + 1] = 7

    return bend


IN_PLACE = [("ttnn.add_", {}), ("ttnn.multiply", {"output_tensor": MEMORIES["DRAM of 13 pages"]})]


@pytest.mark.parametrize(("operation", "named"), IN_PLACE)
def test_a_call_that_works_in_place_is_watched(run: Callable[..., Any], operation: str, named: dict[str, Any]) -> None:
    tensor = MEMORIES["DRAM of 13 pages"]
    outcome, _ = run(operation, tensor, tensor, **named)
    assert outcome.reason is not Reason.WROTE_PAST_OUTPUT, outcome.message
    assert outcome.details["canary"] == {"watched": ["output"]}


@pytest.mark.parametrize(("operation", "named"), IN_PLACE)
@pytest.mark.parametrize("pages", [0, 11])
def test_a_page_past_a_tensor_that_is_written_in_place_is_found(
    run: Callable[..., Any], operation: str, named: dict[str, Any], pages: int
) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        memory.write_pages(output, memory.pages(output) + pages, 1)

    tensor = MEMORIES["DRAM of 13 pages"]
    outcome, _ = run(operation, tensor, tensor, bend=bend, **named)
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    where = "where it has no part, in bank 1" if pages == 0 else "the first 0 B after the end of output, in bank 0"
    assert where in outcome.message


def test_each_of_several_outputs_is_watched(run: Callable[..., Any]) -> None:
    outcome, _ = run("ttnn.topk", Tensor((1, 1, 32, 64), "BFLOAT16", "TILE"), 32)
    assert outcome.details["canary"] == {"watched": ["output 1", "output 2"]}
    for number in (1, 2):
        bend = word_after(operator.itemgetter(number - 1))
        outcome, _ = run("ttnn.topk", Tensor((1, 1, 32, 64), "BFLOAT16", "TILE"), 32, bend=bend)
        assert outcome.reason is Reason.WROTE_PAST_OUTPUT
        assert f"the first 4 B after the end of output {number}, in bank 0" in outcome.message


@pytest.mark.parametrize("name", ["DRAM", "L1", "height"])
def test_outputs_are_watched_where_ttnn_keeps_memory_of_its_own(
    run: Callable[..., Any], mock_mesh: Any, name: str
) -> None:
    import ttnn

    def filled(rows: int) -> Any:
        shape, memory = ttnn.Shape((1, 1, rows, 512)), ttnn.L1_MEMORY_CONFIG
        where = ttnn.DRAM_MEMORY_CONFIG if name == "DRAM" else memory
        return ttnn.allocate_tensor_on_device(shape, ttnn.bfloat16, ttnn.TILE_LAYOUT, mock_mesh, where)

    first, second, third, fourth = filled(2048), filled(32), filled(256), filled(32)
    ttnn.deallocate(first)  # two free blocks stay, between what a cached program might keep
    ttnn.deallocate(third)
    try:
        outcome, _ = run(*arguments(MEMORIES[name]))
        assert outcome.details["canary"] == {"watched": ["output"]}
    finally:
        ttnn.deallocate(second)
        ttnn.deallocate(fourth)


def test_an_argument_that_changed_is_named(run: Callable[..., Any]) -> None:
    def bend(memory: Any, live: Any, output: Any) -> None:
        import ttnn

        from farm.worker.device_tensors import argument_tensors

        [(_, tensor, host)] = argument_tensors(live)
        numbers = ttnn.to_torch(ttnn.get_device_tensors(host)[0]).clone()
        numbers[0, 0, 3, 4:6] = 100.0
        memory.changed[id(tensor)] = ttnn.from_torch(numbers, dtype=host.dtype, layout=host.layout)

    outcome, _ = run("ttnn.multiply", MEMORIES["DRAM"], 0.0, bend=bend)
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    assert (
        "2 elements of its argument input_tensor_a on chip 0, the first at [0, 0, 3, 4]: 100 (0x42c8)"
        in outcome.message
    )


def test_a_call_that_fails_with_redzones_runs_without(run: Callable[..., Any]) -> None:
    def prepare(memory: Any) -> None:
        def fail(call: int) -> None:
            if call == 2:
                raise RuntimeError("Out of Memory: Not enough space to allocate 1 B L1 buffer")

        memory.before_call = fail

    outcome, memory = run("ttnn.multiply", MEMORIES["L1"], 0.0, prepare=prepare)
    assert outcome.verdict is Verdict.PASS, outcome.message
    assert memory.calls == 3
    assert outcome.details["canary"]["watched"] == []
    assert "with redzones in its memory: Out of Memory" in outcome.details["canary"]["not_watched"][0]


@pytest.mark.parametrize("name", ["DRAM", "L1", "height"])
def test_a_tensor_that_lay_in_the_place_of_the_output_before_is_no_write_past_it(
    run: Callable[..., Any], mock_mesh: Any, name: str
) -> None:
    import ttnn

    value = MEMORIES[name]
    l1 = name != "DRAM"
    wide = Tensor((1, 1, 64 * 32, 64), "BFLOAT16", "TILE", memory=sharded("HEIGHT_SHARDED", 8, 8, (32, 64)))

    def prepare(memory: Any) -> None:
        def intermediate(_call: int) -> None:
            rows = 64 * 32 if name == "height" else 32 * (64 if l1 else 12)
            where: Any = ttnn.L1_MEMORY_CONFIG if l1 else ttnn.DRAM_MEMORY_CONFIG
            if name == "height":
                from tracer.values.live import shared

                where = shared(wide.memory)
            shape = ttnn.Shape((1, 1, rows, 64 if name == "height" else 32))
            tensor = ttnn.allocate_tensor_on_device(shape, ttnn.bfloat16, ttnn.TILE_LAYOUT, mock_mesh, where)
            memory.write_pages(tensor, 0, memory.pages(tensor))
            ttnn.deallocate(tensor)

        memory.before_call = intermediate

    outcome, memory = run("ttnn.multiply", value, 0.0, prepare=prepare)
    assert outcome.verdict is Verdict.PASS, outcome.message
    assert memory.calls == 3, outcome.details
    assert "as the call puts other tensors there" in outcome.details["canary"]["not_watched"][0]


@pytest.mark.parametrize("step", ["place", "damages", "find"])
def test_a_mistake_of_the_canary_costs_no_verdict(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from farm.worker.redzones import Redzones

    def fail(*_: Any) -> Any:
        raise TypeError("no such thing")

    monkeypatch.setattr(Redzones, step, fail)
    outcome, _ = run("ttnn.multiply", MEMORIES["DRAM"], 0.0)
    assert outcome.verdict is Verdict.PASS, outcome.message
    assert "TypeError: no such thing" in outcome.details["canary"]["not_watched"][0]


def test_a_call_that_gives_its_input_back_is_watched(run: Callable[..., Any]) -> None:
    outcome, _ = run("ttnn.reallocate", MEMORIES["L1"])
    assert outcome.details["canary"] == {"watched": ["output"]}
    outcome, _ = run("ttnn.reallocate", MEMORIES["L1"], bend=word_after(lambda output: output))
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT


def test_a_call_that_needs_all_memory_is_not_watched(run: Callable[..., Any], mock_mesh: Any) -> None:
    import ttnn

    free = ttnn.get_memory_view(mock_mesh, ttnn.BufferType.L1).largest_contiguous_bytes_free_per_bank
    rows = free // 2 // (32 * 64) * 32  # input and output fill L1, but for less than a redzone
    shard = (rows + (32 if free - rows * 128 >= 4096 + 2048 else 0), 32)
    tensor = Tensor((1, 1, shard[0] * 64, 32), "BFLOAT16", "TILE", memory=sharded("HEIGHT_SHARDED", 8, 8, shard))
    outcome, _ = run("ttnn.multiply", tensor, 0.0)
    assert outcome.reason is not Reason.WROTE_PAST_OUTPUT, outcome.message


def test_a_hang_with_redzones_is_no_lack_of_memory(run: Callable[..., Any]) -> None:
    def prepare(memory: Any) -> None:
        def fail(call: int) -> None:
            if call == 2:
                raise RuntimeError("TIMEOUT: device timeout, potential hang detected, the device is unrecoverable")

        memory.before_call = fail

    outcome, memory = run("ttnn.multiply", MEMORIES["DRAM"], 0.0, prepare=prepare)
    assert (outcome.verdict, memory.calls) == (Verdict.FAIL_CRASH_HANG, 2)


def test_a_wrong_output_that_is_written_past_says_both(run: Callable[..., Any]) -> None:
    outcome, _ = run("ttnn.exp", MEMORIES["DRAM"], bend=word_after(lambda output: output))
    assert outcome.reason is Reason.WROTE_PAST_OUTPUT
    assert outcome.mismatch is not None


@pytest.mark.parametrize(("calls", "right"), [({2}, True), ({2, 3}, False)])
def test_numbers_that_are_wrong_between_redzones_alone_are_told_so(
    run: Callable[..., Any], calls: set[int], right: bool
) -> None:
    def prepare(memory: Any) -> None:
        memory.wrong_calls = calls

    outcome, memory = run("ttnn.multiply", MEMORIES["DRAM"], 0.0, prepare=prepare)
    assert (outcome.reason, memory.calls) == (Reason.WRONG_NUMBERS, 3)
    assert ("without redzones around its output, its numbers are right" in outcome.message) is right
    assert outcome.mismatch is not None


def test_watched_calls_repeat(run: Callable[..., Any]) -> None:
    outcome, memory = run("ttnn.multiply", MEMORIES["DRAM"], 0.0, repeat=4)
    assert outcome.verdict is Verdict.PASS
    assert memory.calls == 4
    assert outcome.details["repeat"] == "4 runs, the same bit by bit"


def test_the_place_of_an_output_is_filled_before_the_call(run: Callable[..., Any]) -> None:
    held = []

    def bend(memory: Any, live: Any, output: Any) -> None:
        held.append(memory.lanes(output.memory_config().buffer_type, 0)[:4, output.buffer_address() // 4].tolist())

    def prepare(memory: Any) -> None:
        memory.writes_outputs = False

    run("ttnn.multiply", MEMORIES["DRAM"], 0.0, bend=bend, prepare=prepare)
    assert held[1] == [0x7FC07FC0, 0x7FC17FC0, 0x7FC27FC0, 0x7FC37FC0]


def test_memory_is_not_watched_unless_it_should_be(mock_mesh: Any) -> None:
    from farm.worker.runner import Runner
    from tests.farm.worker.modelled_memory import ModelledMemory

    for by_default, option, calls in [(False, None, 1), (True, None, 2), (True, False, 1), (False, True, 2)]:
        memory = ModelledMemory(mock_mesh)
        runner = Runner(mock_mesh, computes=True, canary=by_default, execution=memory)
        arguments = {"arg0": encode_value(MEMORIES["DRAM"]), "arg1": 0.0}
        call = TracedCall("one", "ttnn.multiply", arguments, numbers=NumericOptions(canary=option))
        outcome = runner.run(call)
        assert (outcome.verdict, memory.calls) == (Verdict.PASS, calls)
        assert ("canary" in outcome.details) == (calls == 2)


@pytest.mark.parametrize("beyond", [3, 0])
def test_a_matmul_whose_blocks_are_higher_than_its_output_writes_past_it(run: Callable[..., Any], beyond: int) -> None:
    """An output of four rows of tiles, and blocks of seven: tt-metal#55682. ttnn 0.81 refuses them."""

    def bend(memory: Any, live: Any, output: Any) -> None:
        memory.write_pages(output, 4 * 64, beyond * 64)

    fields: dict[str, Any] = {
        "compute_with_storage_grid_size": CoreCoord(8, 8),
        "in0_block_w": 2,
        "out_subblock_h": 1,
        "out_subblock_w": 1,
        "per_core_M": 1,
        "per_core_N": 8,
        "transpose_mcast": False,
        "fused_activation": None,
        "fuse_batch": True,
    }
    program = Struct("MatmulMultiCoreReuseMultiCastProgramConfig", tuple(sorted(fields.items())))
    left, right = Tensor((1, 1, 128, 2048), "BFLOAT16", "TILE"), Tensor((1, 1, 2048, 2048), "BFLOAT16", "TILE")
    outcome, _ = run("ttnn.matmul", left, right, bend=bend, program_config=program)
    assert outcome.details["canary"]["watched"] == ["output"]
    assert (outcome.reason is Reason.WROTE_PAST_OUTPUT) is bool(beyond)
    if beyond:
        assert "words of DRAM, the first 0 B after the end of output, in bank 0 of chip 0" in outcome.message
        assert "where it has no part, in bank 4 of chip 0" in outcome.message
