"""Every registered operation of ttnn with small arguments, in several dtypes: right outputs pass, wrong ones don't."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import ttnn

from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.judging.call_facts import INTEGERS
from farm.judging.operation_kinds import OperationKind as Kind
from farm.judging.operation_kinds import kind_of
from farm.worker.goldens.synthesis import Unsynthesizable, synthesized
from tests.numeric.bendings import BENDINGS, NotApplicable
from tests.numeric.double import Bend, Place, like
from tests.numeric.samples import Sample
from tests.numeric.table import Bench
from tracer.device_config import DeviceConfig
from tracer.errors import TracerError
from tracer.signatures import overloads
from tracer.values import Handle, Tensor, Value, describe
from tracer.values.memory import IN_DRAM

ONE_CHIP = DeviceConfig(mesh_shape=(1, 1), l1_small_size=32768)
SEVERE = ("twice", "one element")
"""Bendings that must be caught in every operation whose golden judges all elements."""
BENT = (*SEVERE, "3 % noise")
DTYPES = ("BFLOAT16", "FLOAT32", "BFLOAT8_B", "INT32")
NOT_CALLED = (Kind.CONTROL, Kind.RANDOM)
COMPLEX = tuple(
    f"ttnn.{name}"
    for name in (
        *("angle", "angle_bw", "complex_tensor", "conj", "conj_bw", "imag", "imag_bw", "is_imag", "is_real"),
        *("polar", "polar_bw", "real", "real_bw", "alt_complex_rotate90"),
    )
)
"""Operations of complex tensors, which the double doesn't lay out; some end the process on a mock."""
ENDING = ("ttnn.transformer.flash_multi_latent_attention_decode",)
"""Operations that end the process on a mock when they are given these arguments."""
WHOLE = (
    *(Kind.MOVEMENT, Kind.CREATION, Kind.COMPARISON, Kind.INTEGER, Kind.SELECTION, Kind.ARITHMETIC, Kind.REMAINDER),
    *(Kind.TYPECAST, Kind.SUM, Kind.EXTREME, Kind.INDEX, Kind.MAX_POOL, Kind.EMBEDDING),
)
"""Kinds that make sense of integers; a mock accepts them for others, too."""
UNEQUAL = (("ttnn.bitcast", "FLOAT32"), ("ttnn.bitcast", "BFLOAT8_B"), ("ttnn.bitcast", "INT32"))
"""Operations that need an argument of the same width as the dtype, which is bfloat16 here."""
OF_HOST = ("ttnn.to_torch", "ttnn.from_torch", "ttnn.dump_tensor", "ttnn.load_tensor")
"""Operations that return no tensors of a board."""
MASKED = ("ttnn.rms_norm_pre_all_gather", "ttnn.layer_norm_pre_all_gather")
"""Operations most of whose output is padding, which their goldens leave out."""
ANSWERS = (Reason.NO_GOLDEN, Reason.GOLDEN_SKIPS, Reason.GOLDEN_NEEDS_MORE, Reason.GOLDEN_RAISED, Reason.SPANS_CHIPS)


@dataclass
class Row:
    """What became of an operation in a dtype.

    Attributes:
        operation, dtype: which.
        unbent: the verdict on exactly rounded outputs, and its reason.
        honest: the verdict on outputs with the roundings of hardware; empty where nothing was compared.
        bent: by bending: `caught`, `passed`, `same`, or `-` where it means nothing.
        says: the message of what is bad, else of the first run.
        tolerance: the row that judged.
    """

    operation: str
    dtype: str
    unbent: str
    honest: str = ""
    bent: dict[str, str] = field(default_factory=dict)
    says: str = ""
    tolerance: str = ""

    @property
    def bad(self) -> bool:
        """Whether a right output failed, or one that is severely wrong passed."""
        false = [each for each in (self.unbent, self.honest) if each and each not in _FINE]
        missed = [name for name in SEVERE if self.bent.get(name) == "passed"]
        return bool(false) or missed == ["twice"] or (bool(missed) and self.operation not in MASKED)

    def as_json(self) -> dict[str, Any]:
        """The row as a plain dict."""
        return {
            "operation": self.operation,
            "dtype": self.dtype,
            "unbent": self.unbent,
            "honest": self.honest,
            **self.bent,
            "bad": self.bad,
            "tolerance": self.tolerance,
            "says": self.says,
        }


ARGUMENTS: dict[str, dict[str, Value]] = {
    "ttnn.xlogy": {"input_tensor_b": 3.0},
    "ttnn.untilize_with_unpadding": {"output_tensor_end": (0, 0, 31, 63)},
    "ttnn.group_norm": {"inplace": False},
    "ttnn.conv2d": {"device": Handle("MeshDevice")},
    "ttnn.view": {"shape": (1, 2, 16, 64)},
}
"""Arguments in place of those that the survey of goldens has, or beside them."""

_FINE = {"pass", "refused", *(f"validated {reason.value}" for reason in ANSWERS)}


def rows(names: list[str], dtypes: tuple[str, ...] = DTYPES) -> Iterator[Row]:
    """Call operations in each dtype that a mock accepts, and bend what they return.

    Args:
        names: the operations; all registered ones where none are given.
        dtypes: of the floating-point arguments.
    """
    registered = {each.python_fully_qualified_name: each for each in ttnn.query_registered_operations()}
    with Bench(ONE_CHIP) as bench:
        for name in names or sorted(registered):
            if kind_of(name) in NOT_CALLED or name in (*COMPLEX, *ENDING, *OF_HOST):
                continue
            suited = [each for each in dtypes if (name, each) not in UNEQUAL]
            suited = [each for each in suited if each != "INT32" or kind_of(name) in WHOLE]
            found = [row for dtype in suited if (row := _row(bench, registered[name], name, dtype)) is not None]
            yield from found or [Row(name, "", "refused")]


def _row(bench: Bench, operation: Any, name: str, dtype: str) -> Row | None:
    """The row of an operation in a dtype; None where no call of it is accepted."""
    for sample in _samples(operation, name, dtype):
        outcome, given = bench.run(sample)
        if not _accepted(outcome):
            continue
        row = Row(name, dtype, _word(outcome), says=outcome.message, tolerance=outcome.tolerance)
        if row.unbent != "pass":
            return row
        right = given.outputs
        outcome, _ = bench.run(sample, honest=True)
        row.honest = _word(outcome)
        if row.honest != "pass":
            row.says = outcome.message
            return row
        for bending in BENT:
            row.bent[bending] = _bent(bench, sample, bending) if right else "-"
        return row
    return None


def _bent(bench: Bench, sample: Sample, name: str) -> str:
    refused = []

    def bend(numbers: Any, place: Place) -> Any:
        try:
            return BENDINGS[name](numbers, place)
        except NotApplicable as error:
            refused.append(error)
            return numbers

    made: Bend = bend
    outcome, given = bench.run(sample, made)
    if outcome.verdict.failed:
        return "caught"
    if len(refused) == len(given.outputs):
        return "-"
    unbent = [ttnn.to_torch(like(each.place.tensor, each.right)) for each in given.outputs]
    bent = [ttnn.to_torch(each.host) for each in given.outputs]
    same = all(bool((one == other).all()) for one, other in zip(unbent, bent, strict=True))
    return "same" if same else "passed"


def _word(outcome: Outcome) -> str:
    return f"{outcome.verdict.value} {outcome.reason.value}".strip()


def _accepted(outcome: Outcome) -> bool:
    """Whether ttnn accepted the call: it returned, whatever its numbers came to."""
    judged = (Reason.WRONG_NUMBERS, Reason.GOLDEN_CALL, Reason.OUTPUT_MISMATCH, Reason.INTERNAL)
    return outcome.verdict in (Verdict.PASS, Verdict.VALIDATED) or outcome.reason in judged


def _samples(operation: Any, name: str, dtype: str) -> Iterator[Sample]:
    """Yield calls of an operation: each overload, in layouts and dtypes of indices that kernels ask for."""
    for described in _arguments(operation, name):
        for layout, indices in (("TILE", "UINT32"), ("TILE", "INT32"), ("TILE", "UINT16"), ("ROW_MAJOR", "UINT32")):
            placed = {key: _placed(value, dtype, layout, indices) for key, value in described.items()}
            yield Sample(kind_of(name), name, placed, f"{dtype} {layout} {indices}")
            if layout == "ROW_MAJOR":
                continue
            mixed = {key: _placed(value, dtype, layout, indices, rows=True) for key, value in described.items()}
            if mixed != placed:
                yield Sample(kind_of(name), name, mixed, f"{dtype} {layout} {indices} in rows")


def _arguments(operation: Any, name: str) -> Iterator[dict[str, Value]]:
    """Yield the arguments of an operation's overloads: the required ones, then all that change what is computed."""
    changed = ARGUMENTS.get(name)
    for optional in (False, True):
        for overload in overloads(operation):
            try:
                live = synthesized(name, overload, optional=optional)
                described = {key: describe(value) for key, value in live.items()}
            except (Unsynthesizable, TracerError):
                continue
            yield {**described, **(changed or {})}


def _placed(value: Value, dtype: str, layout: str, indices: str, *, rows: bool = False) -> Value:
    """A value with its tensors on the device."""
    if isinstance(value, tuple):
        return tuple(_placed(part, dtype, layout, indices, rows=rows) for part in value)
    if not isinstance(value, Tensor):
        return value
    whole = value.dtype in INTEGERS
    chosen = indices if whole and dtype != "INT32" else dtype
    return replace(
        value,
        dtype=chosen,
        layout="ROW_MAJOR" if (whole and rows) or layout == "ROW_MAJOR" else "TILE",
        storage="DEVICE",
        memory=IN_DRAM,
    )
