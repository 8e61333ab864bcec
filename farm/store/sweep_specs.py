"""The `SweepSpec` of a run, as the run's details keep it; also of runs that were recorded before there was one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from farm.core.errors import FarmError
from farm.core.sweep_spec import SweepSpec
from farm.store.run_details import read_details

SPEC = "spec"
"""The name of the spec in a run's details."""

_LOG = logging.getLogger(__name__)


def stored_details(spec: SweepSpec | None, details: Mapping[str, Any]) -> dict[str, Any]:
    """A run's details as the store keeps them: with the spec, if the run has one."""
    return dict(details) if spec is None else {**details, SPEC: spec.as_json()}


def read_spec(suite: str, stored: Mapping[str, Any]) -> tuple[SweepSpec | None, dict[str, Any]]:
    """The spec of a run and its other details, from its suite and its stored details.

    The spec is None where no `farm sweep` can run the same: for a traced zoo, or a spec that this version can't read.
    """
    details = {name: value for name, value in stored.items() if name != SPEC}
    raw = stored.get(SPEC)
    values = raw if isinstance(raw, dict) else _values_of_old_run(suite, details)
    try:
        return SweepSpec.of(**values), details
    except (FarmError, TypeError) as error:
        _LOG.debug("a run's record gives no spec: %s", error)
        return None, details


def _values_of_old_run(suite: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec, from the details of a run that was recorded before runs had a spec."""
    recorded = read_details(details)
    selection = recorded.selection or {}
    names = ("vectors", "limit", "modules", "skip", "tt_metal", "sweeps", "vectors_file")
    values = {name: selection[name] for name in names if selection.get(name)}
    values["suite"] = suite or ",".join(map(str, selection.get("suites", ())))
    values["operations"] = recorded.operations
    if recorded.master:
        values["master"] = recorded.master
    if recorded.boards:
        values["boards"] = recorded.boards
    sample = selection.get("sample")
    if isinstance(sample, list) and len(sample) == 2:
        values["sample"], values["seed"] = sample
    if recorded.shard is not None:
        values["shard"] = f"{recorded.shard.index}/{recorded.shard.of}"
    return values
