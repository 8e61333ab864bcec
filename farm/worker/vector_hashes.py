"""tt-metal's hashes of a suite's vectors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from farm.sweeps.former_hashing import FormerHasher
from farm.sweeps.hashing import Hasher, Invalidity
from farm.sweeps.traced import TracedSuite
from farm.worker.modules import LoadedModule


@lru_cache(maxsize=4)
def hasher_of_single_vectors(module: LoadedModule, suite: str) -> SuiteHasher:
    """Return a hasher for vectors of a suite in any order, which gives them the hashes that they have in their order.

    Args:
        module: the module, of which `nth` has taken a vector of the suite.
        suite: the suite.
    """
    hasher = SuiteHasher(module, suite)
    for name, value in module.values(suite):
        hasher.register(name, value)
    return hasher


class SuiteHasher:
    """Hashes the vectors of one suite of an imported module."""

    def __init__(self, module: LoadedModule, suite: str) -> None:
        parameters = module.parameters[suite]
        self._configurations = parameters.configurations if isinstance(parameters, TracedSuite) else []
        self._hasher = Hasher(module.name, suite)
        self._former = FormerHasher(module.name, suite)

    def input_hash(self, index: int, vector: Mapping[str, Any], invalidity: Invalidity | None) -> str:
        """Return tt-metal's hash of a vector.

        A traced vector has the `config_hash` of its configuration, which its values hold only where `run` takes it.

        Args:
            index: the vector's place in the suite.
            vector: live values by name.
            invalidity: what the module says of an invalid vector; None if it is valid.
        """
        config_hash = self._configurations[index].config_hash if self._configurations else ""
        return config_hash or self._hasher.input_hash(vector, invalidity)

    def register(self, name: str, value: object) -> None:
        """Number a value of a parameter, see `Hasher.serialised_value`."""
        self._hasher.serialised_value(name, value)

    def serialised_vector(self, vector: Mapping[str, Any], invalidity: Invalidity | None) -> dict[str, Any]:
        """Return what tt-metal's vector files hold for a vector; see `Hasher`."""
        return self._hasher.serialised_vector(vector, invalidity)

    def former_hash(self, vector: Mapping[str, Any], invalidity: Invalidity | None) -> str:
        """Return the hash that earlier versions of farm recorded for a vector; empty if they couldn't hash it."""
        try:
            return self._former.input_hash(vector, None if invalidity is None else invalidity.text)
        except Exception:  # noqa: BLE001 - a value's text or JSON raises, or it contains itself
            return ""
