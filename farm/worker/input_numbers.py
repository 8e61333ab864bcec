"""Numbers for the tensors that calls run on: the same ones on every host and in every attempt."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from farm.core.numeric_options import USUAL_NUMBERS, InputStyle, NumericOptions
from farm.judging.call_facts import CallFacts
from farm.judging.input_rules import domain_of
from farm.judging.input_statistics import like
from farm.worker.drawing import draw
from farm.worker.drawing.formats import Array, format_of
from tracer.value_statistics import ValueStatistics
from tracer.values import Placement, Tensor

_NO_CALL = CallFacts("", {}, "")


class InputNumbers:
    """Draws the numbers of one call's tensors after another.

    Each tensor has a random stream of its own, made of the vector's id, the run's seed, the parameter and the
    tensor's position in a list: one more tensor changes no other one's numbers.
    """

    def __init__(self) -> None:
        self.start("", _NO_CALL, USUAL_NUMBERS)

    def start(
        self,
        vector_id: str,
        facts: CallFacts,
        options: NumericOptions,
        statistics: Mapping[str, ValueStatistics] = MappingProxyType({}),
    ) -> None:
        """Draw for a call from now on; for the same one, the same numbers again.

        Args:
            vector_id: the vector's id.
            facts: the call.
            options: `inputs` and `seed` count.
            statistics: of the traced numbers, as far as they are known: by parameter, inside lists by position, too
                (`tensors[1]`).
        """
        self._seed = f"{vector_id}/{options.seed}"
        self._facts = facts
        self._style = options.inputs
        self._statistics = statistics if options.inputs is InputStyle.AUTO else {}
        self.start_argument("")

    def start_argument(self, parameter: str) -> None:
        """Draw for an argument from now on; for one that is a list, tensor after tensor."""
        self._parameter = parameter
        self._position = 0

    def __call__(self, tensor: Tensor, placement: Placement | None) -> Array:
        """Draw the numbers of the argument's next tensor.

        Args:
            tensor: the tensor; its shape is that of one chip's part.
            placement: how it is spread over the mesh; None where each chip has all of it.

        Returns:
            The numbers of all chips. Each chip's part obeys the domain by itself: its operation sees no other part.
        """
        domain = domain_of(self._facts, self._parameter, tensor)
        place = f"{self._parameter}[{self._position}]"
        statistics = self._statistics.get(place) or self._statistics.get(self._parameter)
        if statistics is not None:
            domain = like(domain, statistics)
        self._position += 1
        if placement is None:
            return draw(domain, tensor.shape, tensor.dtype, self._style, functools.partial(self._stream, place, 0))
        whole = np.empty(placement.whole_shape(tensor.shape), format_of(tensor.dtype).array)
        for chip, part in enumerate(placement.parts(tensor.shape)):
            streams = functools.partial(self._stream, place, chip)
            whole[part] = draw(domain, tensor.shape, tensor.dtype, self._style, streams)
        return whole

    def _stream(self, place: str, chip: int, shared: str) -> np.random.Generator:
        text = f"{self._seed}/{shared or place}/{chip}"
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest(), "little")
        return np.random.Generator(np.random.PCG64(seed))
