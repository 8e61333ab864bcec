"""Comparison of a call's outputs with its golden: what is paired with what, on each chip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import ttnn

from farm.core.numeric_options import NumericOptions
from farm.core.tolerance import ToleranceRow
from farm.core.verdicts import Reason
from farm.judging.call_facts import CallFacts
from farm.judging.comparison import judge
from farm.judging.golden_policy import GoldenPolicy
from farm.judging.judgement import Judgement
from farm.judging.tolerances import tolerance
from farm.worker.execution import Execution, LiveCall
from farm.worker.goldens.calling import GoldenCall, Mesh, NotCompared
from farm.worker.goldens.mesh_parts import part_on
from farm.worker.goldens.pairing import Pair, StructureMismatch, cropped_shape, pairs, same_order_shape
from farm.worker.goldens.policy import is_skipped, policy_of
from farm.worker.goldens.quotients import away_from_whole, is_rounded
from farm.worker.goldens.tables import CROPPED, FIRST_OUTPUT, SKIPS, SPANS_CHIPS
from farm.worker.goldens.ties import CHOICES, with_equal_choices
from farm.worker.goldens.torch_values import is_complex_tensor, numbers, part_of, tensor_to_torch, torch_of
from farm.worker.goldens.written import written
from tracer.values import Tensor

MESH_INDEX = "_ttnn_mesh_index"
"""A golden's attribute: the only chip whose part of the output is defined."""


_OF_GOLDENS = 2.0**-20
"""The error of goldens themselves: in 32 bits, `1 + erf(x)` of a gelu is off by a few units of 2**-23 below -4."""


@dataclass(frozen=True, slots=True)
class NumericJudge:
    """Judges the outputs of calls by ttnn's golden functions.

    Attributes:
        execution: reads the outputs.
        chips: the number of chips of the open mesh.
    """

    execution: Execution
    chips: int

    def judge(
        self, operation: Any, facts: CallFacts, live: LiveCall, output: Any, options: NumericOptions
    ) -> list[Judgement]:
        """Judge each output of a call on each chip, and what it wrote into tensors that it was given.

        Raises:
            NotCompared: there is no torch here, or no golden that can be computed for this call.
            GoldenMisfit: farm can't call the golden.
            StructureMismatch: the golden has other outputs, or other shapes.
        """
        try:
            import torch  # noqa: F401 - ttnn.to_torch needs it
        except ImportError as error:
            raise NotCompared(Reason.NO_TORCH, "golden functions need torch") from error
        name = facts.operation
        if name in SKIPS:
            raise NotCompared(Reason.GOLDEN_SKIPS, f"{name} leaves its output's memory as it is")
        if self.chips > 1 and name in SPANS_CHIPS:
            raise NotCompared(Reason.SPANS_CHIPS, f"chips exchange data in {name}, and its golden is that of one chip")
        comparison = _Comparison(GoldenCall.of(operation, live), facts, live, options, self.execution)
        judgements: list[Judgement] = []
        skips = False
        for chip, golden in comparison.goldens(self.chips):
            for number, pair in enumerate(comparison.pairs(golden, output)):
                if is_skipped(pair.golden):
                    skips = True
                elif getattr(pair.golden, MESH_INDEX, chip) == chip:
                    judgements.append(replace(comparison.judgement(pair, chip), output=number, chip=chip))
        if not judgements:
            why = "says that there is nothing to compare" if skips else "returned nothing to compare"
            raise NotCompared(Reason.GOLDEN_SKIPS, f"the golden of {name} {why}")
        return judgements


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One call, being compared with its golden.

    Attributes:
        call: its golden's call.
        facts, live, options: the call's.
        execution: reads the outputs.
        parts: the outputs that were read, by the tensor's id: each is read once for all chips.
    """

    call: GoldenCall
    facts: CallFacts
    live: LiveCall
    options: NumericOptions
    execution: Execution
    parts: dict[int, list[Any]] = field(default_factory=dict)

    def goldens(self, chips: int) -> Iterator[tuple[int, Any]]:
        """Yield each chip with its golden; where all chips compute the same, it is computed once."""
        if self.call.is_of_mesh and chips > 1:
            values = (*self.live.positional, *self.live.keywords.values())
            whole = self.call.on_mesh(Mesh.of(next(each for each in values if isinstance(each, ttnn.Tensor))))
            yield from ((chip, whole) for chip in range(chips))
        elif self.call.differs_by_chip:
            yield from ((chip, self.call.on_chip(chip)) for chip in range(chips))
        else:
            golden = self.call.on_chip(0)
            yield from ((chip, golden) for chip in range(chips))

    def pairs(self, golden: Any, output: Any) -> Iterator[Pair]:
        """Yield the returned outputs, then the tensors that were written and are not among them.

        Raises:
            StructureMismatch: the golden has other outputs.
        """
        if golden is None:
            return  # it declines: boards compute this in more than one right way
        if self.call.name in FIRST_OUTPUT:
            golden, output = _first(golden), _first(output)
        into = list(written(self.call.name, self.call.overload, golden, self.live, output))
        if output is not None or not into:
            yield from pairs(*_components(golden, output), self.live.keywords.get("are_required_outputs"))
        for parameter, expected, tensor in into:
            yield from (replace(each, place=f" {parameter}{each.place}") for each in pairs(expected, tensor))

    def judgement(self, pair: Pair, chip: int) -> Judgement:
        """Judge one output on one chip.

        Raises:
            NotCompared: what the chip should have is not known.
            StructureMismatch: the golden has another shape.
        """
        import torch

        golden, actual = torch.as_tensor(pair.golden), pair.output
        policy = policy_of(golden)
        dtype, described = "FLOAT32", None
        if isinstance(actual, ttnn.Tensor):
            dtype, described = actual.dtype.name, Tensor.describe(actual)
            actual = self._read(actual, chip)
        else:
            actual = torch.as_tensor(actual)
            dtype = "FLOAT32" if actual.is_floating_point() else "INT32"
        if self.call.is_of_mesh and isinstance(pair.output, ttnn.Tensor) and not hasattr(golden, MESH_INDEX):
            golden = part_on(golden, Mesh.of(pair.output), chip)
            if same_order_shape(golden.shape, actual.shape) is None:
                message = f"{list(golden.shape)} of the golden and {list(actual.shape)} on a chip don't correspond"
                raise NotCompared(Reason.SPANS_CHIPS, message)
        golden = cropped(self.call.name, golden, pair.output)
        shape = same_order_shape(golden.shape, actual.shape)
        if shape is None:
            raise StructureMismatch(
                f"the golden's shape is {list(golden.shape)}, that of output{pair.place} {list(actual.shape)}"
            )
        golden = golden.reshape(shape)
        choice = CHOICES.get(self.call.name)
        if choice is not None and pair.place == choice.place and self.facts.arguments.get("indices_tensor") is None:
            golden, policy = with_equal_choices(choice, self._source(chip), self._dim(), golden, actual), None
        row = tolerance(self.facts, dtype, self.options.tolerances)
        replaced = row in self.options.tolerances or _allows_more(row, policy, self.facts)
        policy = _suited(policy, shape, row, replaced=replaced)
        if is_rounded(self.call.name, self.live.keywords):
            policy = self._without_doubtful(policy, shape, chip)
        return judge(numbers(golden), numbers(actual), dtype, row, output=described, policy=policy)

    def _read(self, tensor: Any, chip: int) -> Any:
        parts = self.parts.get(id(tensor))
        if parts is None:
            parts = self.parts[id(tensor)] = [tensor_to_torch(each) for each in self.execution.read(tensor)]
        return parts[chip if len(parts) > 1 else 0]

    def _source(self, chip: int) -> Any:
        """Return what an operation that chooses chose from: its first argument."""
        return torch_of(part_of(self.call.arguments.positional[0], chip))

    def _without_doubtful(self, policy: GoldenPolicy, shape: tuple[int, ...], chip: int) -> GoldenPolicy:
        """Leave out the elements whose quotient boards may round to either side."""
        operands = [torch_of(part_of(each, chip)) for each in self.call.arguments.positional]
        certain = away_from_whole(operands, shape, swapped=self.call.name == "ttnn.rdiv")
        if certain is None:
            return policy
        return replace(policy, mask=certain if policy.mask is None else policy.mask & certain)

    def _dim(self) -> int | None:
        given = self.live.keywords.get("dim")
        default = CHOICES[self.call.name].dimension
        return default if given is None else int(given)


def cropped(operation: str, golden: Any, output: Any) -> Any:
    """Return the part of a golden that its output has, where the golden has the output's padding, too."""
    if operation not in CROPPED or not isinstance(output, ttnn.Tensor):
        return golden
    place = cropped_shape(golden.shape, tuple(output.shape), tuple(output.padded_shape))
    return golden if place is None else golden[place]


def _allows_more(row: ToleranceRow, policy: GoldenPolicy | None, facts: CallFacts) -> bool:
    """Whether a golden's relative bound is too narrow for a sum of so many numbers, of which it knows nothing."""
    own = 0.0 if policy is None else policy.bounds.rtol or 0.0
    return facts.length > 1 and 0 < own < (row.bounds.rtol or 0.0)


def _suited(policy: GoldenPolicy | None, shape: tuple[int, ...], row: ToleranceRow, *, replaced: bool) -> GoldenPolicy:
    """Return a golden's policy for an output of a shape; where its bounds are replaced, its mask stays."""
    if policy is None:
        return GoldenPolicy()
    if policy.mask is not None and policy.mask.size == math.prod(shape):
        policy = replace(policy, mask=policy.mask.reshape(shape))
    if replaced:
        return GoldenPolicy(mask=policy.mask, any_nonfinite=policy.any_nonfinite)
    if policy.bounds.ulp is None:
        return policy
    # ULPs bound single elements: all of them off by as much would be noise
    return replace(policy, bounds=replace(policy.bounds, atol=_OF_GOLDENS, relative_error=row.bounds.relative_error))


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) else value


def _components(golden: Any, output: Any) -> tuple[Any, Any]:
    """Return golden and output with complex ones as their real and imaginary parts."""
    import torch

    if isinstance(output, (list, tuple)):
        if not isinstance(golden, (list, tuple)) or len(golden) != len(output):
            return golden, output
        both = [_components(one, other) for one, other in zip(golden, output, strict=True)]
        return [one for one, _ in both], [other for _, other in both]
    if not is_complex_tensor(output):
        return golden, output
    if isinstance(golden, (list, tuple)) and len(golden) == 1:
        (golden,) = golden
    if isinstance(golden, torch.Tensor):
        # goldens of backward passes put the imaginary part behind the real one
        golden = (golden.real, golden.imag) if golden.is_complex() else golden.chunk(2, dim=-1)
    return golden, (output.real, output.imag)
