"""The tolerance table: how close the output of each kind of operation must be to its golden, and why.

The first row that matches judges. Where bounds follow from facts of the call (how many numbers are summed, in which
precision), a row has a formula of `farm.judging.tolerance_formulas`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from farm.core.tolerance import Bounds, ToleranceRow
from farm.judging.call_facts import BLOCK_FLOATS, INTEGERS, CallFacts
from farm.judging.hardware_error import BF16, TF32
from farm.judging.operation_kinds import OperationKind as Kind
from farm.judging.operation_kinds import kind_of
from farm.judging.tolerance_formulas import (
    BLOCK_ULP,
    Formula,
    coarse,
    elementwise,
    of_activated,
    of_attention,
    of_convolution,
    of_few_sums,
    of_fused,
    of_gradient,
    of_loss,
    of_matmul,
    of_normalization,
    of_product,
    of_remainder,
    of_rotary,
    of_rounding,
    of_softmax,
    of_spread,
    of_sum,
)

_FEW = 64
"""With fewer numbers than this, an output's root mean square says little: a single sum may be close to zero."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of farm's own table.

    Attributes:
        name: a short name, which verdicts and reports give.
        bounds: the bounds, or the formula that gives them.
        source: where the bounds come from.
        kinds, operations, dtypes: see `ToleranceRow`.
        when: a further condition of the call, in words for people; its test is `applies`.
        applies: whether the row is for a call with this output's dtype.
    """

    name: str
    bounds: Bounds | Formula
    source: str
    kinds: tuple[Kind, ...] = ()
    operations: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    when: str = ""
    applies: Callable[[CallFacts, str], bool] = lambda _facts, _dtype: True

    @property
    def fixed_bounds(self) -> dict[str, Any] | None:
        """The bounds as JSON; None where a formula gives them."""
        return self.bounds.as_json() if isinstance(self.bounds, Bounds) else None

    @property
    def formula(self) -> str:
        """What the formula does, in a sentence; empty without one."""
        return "" if isinstance(self.bounds, Bounds) else (self.bounds.__doc__ or "").partition("\n")[0]

    def resolved(self, facts: CallFacts, dtype: str) -> ToleranceRow:
        """Return the row with the bounds of a call."""
        bounds = self.bounds if isinstance(self.bounds, Bounds) else self.bounds(facts, dtype)
        kinds = tuple(kind.value for kind in self.kinds)
        return ToleranceRow(self.name, bounds, self.source, self.operations, kinds, self.dtypes)


def tolerance(facts: CallFacts, dtype: str, overrides: Sequence[ToleranceRow] = ()) -> ToleranceRow:
    """Return the row that judges an output of a call.

    Args:
        facts: the call.
        dtype: the output's.
        overrides: a team's rows, which come first.
    """
    for row in overrides:
        if may_judge(row, facts.operation) and (not row.dtypes or dtype in row.dtypes):
            return row
    return next(row for row in TABLE if _matches(row, facts, dtype)).resolved(facts, dtype)


def may_judge(row: ToleranceRow, operation: str) -> bool:
    """Return whether a team's row can judge an output of an operation: its dtype decides the rest."""
    if row.operations and not any(fnmatchcase(operation, pattern) for pattern in row.operations):
        return False
    return not row.kinds or kind_of(operation).value in row.kinds


def rows_of(operation: str) -> Iterator[TableRow]:
    """The rows of farm's table that can judge an output of an operation, in their order."""
    kind = kind_of(operation)
    for row in TABLE:
        if (not row.kinds or kind in row.kinds) and (
            not row.operations or any(fnmatchcase(operation, pattern) for pattern in row.operations)
        ):
            yield row


def _matches(row: TableRow, facts: CallFacts, dtype: str) -> bool:
    return (
        (not row.kinds or facts.kind in row.kinds)
        and (not row.dtypes or dtype in row.dtypes)
        and (not row.operations or any(fnmatchcase(facts.operation, pattern) for pattern in row.operations))
        and row.applies(facts, dtype)
    )


def _converts(facts: CallFacts, dtype: str) -> bool:
    """Whether elements are rounded on their way: indices among the inputs are none of them."""
    moved = facts.input_dtypes.difference(INTEGERS)
    return facts.rounds_scalars or (bool(moved) and moved != {dtype})


def _activates(facts: CallFacts, _dtype: str) -> bool:
    return facts.rounds_activations


def _hurries(facts: CallFacts, _dtype: str) -> bool:
    return facts.approximate


def _sums_few(facts: CallFacts, _dtype: str) -> bool:
    return facts.outputs < _FEW


_ISA = "tt-isa-documentation: roundings of the packer and the matrix unit"
_EXHAUSTIVE = "tt-metal's exhaustive bfloat16 tests of elementwise operations (issues #55562, #56388, #56823, #57086)"
_EMULATED = "an emulation of the matrix unit's arithmetic (farm.judging.hardware_error)"

_ELEMENTWISE = (Kind.ARITHMETIC, Kind.COMPOSITION, Kind.DIVISION, Kind.FUNCTION, Kind.SELECTION)
_LAYOUT = tuple(
    f"ttnn.{name}*"
    for name in (
        "tilize",
        "untilize",
        "to_layout",
        "transpose",
        "permute",
        "reshape",
        "concat",
        "pad",
        "repeat",
        "slice",
    )
)

TABLE = (
    TableRow(
        "quantized numbers",
        Bounds(atol=1.0),
        "a quotient next to a half is rounded either way",
        operations=("ttnn.quantize", "ttnn.requantize"),
        dtypes=INTEGERS,
    ),
    TableRow("whole numbers", Bounds(exact=True), "integers have no rounding", dtypes=INTEGERS),
    TableRow("truth values", Bounds(exact=True), "zeros and ones are exact in any dtype", kinds=(Kind.COMPARISON,)),
    TableRow(
        "moved and converted",
        of_rounding,
        _ISA,
        kinds=(Kind.MOVEMENT, Kind.GATHERING, Kind.EMBEDDING),
        when="the output has another dtype than an input, or a number that is no bfloat16 is put in",
        applies=_converts,
    ),
    TableRow(
        "moved block floats",
        Bounds(ulp=BLOCK_ULP),
        "numbers that move between blocks get another shared exponent",
        kinds=(Kind.MOVEMENT, Kind.GATHERING, Kind.EMBEDDING, Kind.EXTREME, Kind.MAX_POOL),
        dtypes=BLOCK_FLOATS,
    ),
    TableRow(
        "moved 32-bit floats",
        Bounds(rtol=TF32),
        "tt-metal issues #23405, #33037: kernels that rearrange tiles truncate 32-bit floats to TF32",
        operations=_LAYOUT,
        kinds=(Kind.MOVEMENT,),
        dtypes=("FLOAT32",),
    ),
    TableRow(
        "moved numbers",
        Bounds(exact=True),
        "an element that only moves keeps its bits",
        kinds=(Kind.MOVEMENT, Kind.GATHERING, Kind.EMBEDDING),
    ),
    TableRow("created numbers", of_rounding, _ISA, kinds=(Kind.CREATION,)),
    TableRow("conversions", of_rounding, _ISA, kinds=(Kind.TYPECAST,)),
    TableRow(
        "chosen numbers",
        of_rounding,
        "the matrix unit's maximum reads 32-bit floats as TF32",
        kinds=(Kind.EXTREME, Kind.MAX_POOL),
    ),
    TableRow(
        "fast and approximate functions",
        Bounds(ulp=4.0, rtol=0.06, atol=0.02, scaled=0.03, relative_error=0.04, pcc=0.999),
        f"PCC of 0.999, as in {_EXHAUSTIVE}; ttnn's help of gelu: an absolute error of about 0.01",
        kinds=(Kind.FUNCTION, Kind.APPROXIMATION, Kind.DIVISION),
        when="the call asks for fast and approximate functions",
        applies=_hurries,
    ),
    TableRow(
        "elementwise with an activation",
        of_activated,
        _EXHAUSTIVE,
        kinds=_ELEMENTWISE,
        when="an activation that computes numbers is fused with the operation",
        applies=_activates,
    ),
    TableRow("selection", elementwise(1.0, 0.0, TF32), _EXHAUSTIVE, kinds=(Kind.SELECTION,)),
    TableRow(
        "arithmetic",
        elementwise(2.0, 0.0, 1e-5),
        f"{_ISA}: up to four phases, each rounded; tt-metal's test_binary_fp32: rtol 1e-5",
        kinds=(Kind.ARITHMETIC,),
    ),
    TableRow(
        "arithmetic of several steps",
        elementwise(3.0, 16 * BF16, 1e-5),
        f"{_ISA}: each step is rounded to bfloat16",
        kinds=(Kind.COMPOSITION,),
    ),
    TableRow("division", elementwise(3.0, BF16, 1e-3), f"{_EXHAUSTIVE}: at most 3 ULP", kinds=(Kind.DIVISION,)),
    TableRow(
        "rounded quotients",
        of_rounding,
        "whole numbers; elements whose quotient is next to a whole number are left out",
        operations=("ttnn.floor_div*",),
        kinds=(Kind.REMAINDER,),
    ),
    TableRow(
        "remainders",
        of_remainder,
        f"{_ISA}: each step is rounded to bfloat16; elements whose quotient is next to a whole number are left out",
        kinds=(Kind.REMAINDER,),
    ),
    TableRow(
        "functions",
        elementwise(4.0, 2 * BF16, 2 * BF16),
        f"{_EXHAUSTIVE}: at most 2 ULP; near zeros of a function, its argument's error is absolute",
        kinds=(Kind.FUNCTION,),
    ),
    TableRow(
        "approximated functions",
        coarse(8.0, scaled=0.03, relative_error=0.02, pcc=0.9995),
        f"{_EXHAUSTIVE}: at most 10 ULP; tables and polynomials have an absolute error",
        kinds=(Kind.APPROXIMATION,),
    ),
    TableRow("matmul", of_matmul, _EMULATED, kinds=(Kind.MATMUL,)),
    TableRow("convolution", of_convolution, _EMULATED, kinds=(Kind.CONVOLUTION,)),
    TableRow("attention", of_attention, _EMULATED, kinds=(Kind.ATTENTION,)),
    TableRow("normalization", of_normalization, _EMULATED, kinds=(Kind.NORMALIZATION,)),
    TableRow("softmax", of_softmax, _EMULATED, kinds=(Kind.SOFTMAX,)),
    TableRow(
        "few sums",
        of_few_sums,
        _EMULATED,
        kinds=(Kind.SUM, Kind.AVERAGE_POOL),
        when=f"the output has fewer than {_FEW} numbers",
        applies=_sums_few,
    ),
    TableRow("sums", of_sum, _EMULATED, kinds=(Kind.SUM, Kind.AVERAGE_POOL, Kind.REDUCING)),
    TableRow("losses", of_loss, _EMULATED, kinds=(Kind.LOSS,)),
    TableRow("spread", of_spread, _EMULATED, kinds=(Kind.SPREAD,)),
    TableRow("products", of_product, _ISA, kinds=(Kind.PRODUCT,)),
    TableRow(
        "interpolation",
        coarse(3.0, scaled=0.02, relative_error=0.01),
        f"{_ISA}: four products with weights as bfloat16",
        kinds=(Kind.INTERPOLATION,),
    ),
    TableRow(
        "rotary embedding",
        of_rotary,
        _EMULATED,
        kinds=(Kind.ROTARY,),
    ),
    TableRow(
        "optimizers",
        coarse(4.0, scaled=0.03, relative_error=0.012),
        f"{_ISA}: each step is rounded to bfloat16",
        kinds=(Kind.OPTIMIZER,),
    ),
    TableRow("fused operations", of_fused, _EMULATED, kinds=(Kind.FUSED,)),
    TableRow("gradients", of_gradient, f"{_ISA}: each step is rounded to bfloat16", kinds=(Kind.BACKWARD,)),
    TableRow(
        "any operation",
        Bounds(ulp=4.0, scaled=0.3, relative_error=0.045, pcc=0.999),
        "tt-metal's traced sweeps: check_with_pcc(..., 0.999), and the error that this PCC allows around zero",
    ),
)
"""In order of precedence; the last row matches any output."""
