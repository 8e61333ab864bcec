"""The table of inputs: which domain the numbers of each operation's parameters are drawn from."""

from __future__ import annotations

from farm.judging.call_facts import CallFacts
from farm.judging.input_domains import Domain, Reals
from tracer.values import Tensor


def domain_of(facts: CallFacts, parameter: str, tensor: Tensor) -> Domain:  # noqa: ARG001 - rows are to come
    """Return the domain of a tensor's numbers.

    Args:
        facts: the call.
        parameter: the parameter that takes the tensor, or the list that holds it.
        tensor: the tensor.
    """
    return Reals()
