"""Convert the vectors of a suite for an export of tt-metal, and compare them with what its runner reads back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from farm.sweeps.errors import Unencodable
from farm.sweeps.export_values import is_read_by_tt_metal, read_back
from farm.sweeps.hashing import Invalidity
from farm.sweeps.identity_cache import IdentityCache
from farm.sweeps.information import INFORMATION
from farm.sweeps.records import ExportForm
from farm.sweeps.traced import provenance_of
from farm.sweeps.values import encode
from farm.worker.vector_hashes import SuiteHasher
from tracer.values.configuration import Configuration

_SCALARS = (bool, int, float, type(None))


class ExportForms:
    """Makes the forms of a suite's vectors; each object is compared only once with what is read back.

    Attributes:
        hasher: serialises the vectors.
    """

    def __init__(self, hasher: SuiteHasher) -> None:
        self.hasher = hasher
        self._compared = IdentityCache(_checked)

    def of(
        self, vector: Mapping[str, Any], invalidity: Invalidity | None, configurations: Sequence[Configuration]
    ) -> ExportForm:
        """Return the form of a vector.

        Args:
            vector: live values by name.
            invalidity: what the module says of an invalid vector; None if it is valid.
            configurations: the traced configurations that the vector stands for, of one `config_hash`.
        """
        values = {**vector, **_information(configurations)} if configurations else vector
        fields = self.hasher.serialised_vector(values, invalidity)
        lost = {}
        for name, value in values.items():
            fields[name], problem = self._checked(value, fields[name])
            if problem and name not in INFORMATION:
                lost[name] = problem
        sources = fields.get("traced_source")
        fields["traced_source"] = sources if isinstance(sources, list) else [] if sources is None else [sources]
        return ExportForm(fields, lost)

    def _checked(self, value: object, raw: Any) -> tuple[Any, str]:
        """Return the form of a serialised value in a file, and what is lost; "" if nothing is."""
        return (raw, "") if type(value) in _SCALARS else self._compared.of(value, raw)


def _information(configurations: Sequence[Configuration]) -> dict[str, Any]:
    """Return where configurations were seen, under names that `run()` never gets: it need not take `config_hash`."""
    return {name: value for name, value in provenance_of(configurations).items() if name in INFORMATION}


def _checked(value: object, raw: Any) -> tuple[Any, str]:
    try:
        text = json.dumps(raw)
    except (TypeError, ValueError):  # a key that is no text, a list that contains itself
        raw = str(value)
        text = json.dumps(raw)
    raw = json.loads(text)
    try:
        read = read_back(raw)
    except Unencodable as error:
        return raw, f"{_short(value)}: {error}"
    if not _same(read, value):
        return raw, _difference(value, read)
    if not is_read_by_tt_metal(raw):
        return raw, f"{_short(value)} is read back as a dict by tt-metal's runner, and whole by farm"
    return raw, ""


def _same(read: object, value: object) -> bool:
    """Return whether two values are equal, and of the same types all the way down; foreign objects never are."""
    try:
        return json.dumps(encode(read)) == json.dumps(encode(value))
    except Unencodable:
        return False


def _difference(value: Any, read: Any, inside: str = "") -> str:
    """Return the first difference of two values that differ, in words."""
    if type(value) is type(read) and isinstance(value, (dict, list, tuple)):
        pairs: list[tuple[Any, Any]] = []
        if isinstance(value, dict) and list(value) == list(read):
            pairs = [(part, read[key]) for key, part in value.items()]
        elif not isinstance(value, dict) and len(value) == len(read):
            pairs = list(zip(value, read, strict=True))
        for part, other in pairs:
            if not _same(part, other):
                return _difference(part, other, " in it")
    one, other_text = _short(value), _short(read)
    if one == other_text:
        one, other_text = f"{one} of type {type(value).__name__}", f"one of type {type(read).__name__}"
    return f"{one}{inside} is read back as {other_text}"


def _short(value: object) -> str:
    text = " ".join(f"{value!r}".split())
    return f"{text[:57]}..." if len(text) > 60 else text
