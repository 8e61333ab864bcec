"""The `SweepSpec` of a run, as the run's details keep it; also of runs that were recorded before there was one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from farm.core.errors import FarmError
from farm.core.option_rules import SPEC_RULES, misfits
from farm.core.spec_option import Group
from farm.core.sweep_spec import SweepSpec, options
from farm.store.run_details import PlanShard, read_details

SPEC = "spec"
"""The name of the spec in a run's details."""

_LOG = logging.getLogger(__name__)


class OldDetails(BaseModel):
    """What a run recorded of its selection before there was a spec.

    Attributes:
        master: the path of the master; for sweep modules, of the one that they load.
        boards: the value of `--boards`.
        operations: the operations that were asked for.
        selection: everything that selects vectors; empty in runs of the oldest farms, which had only operations.
        shard: the run's share of a plan.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    master: str = ""
    boards: str = ""
    operations: tuple[str, ...] = ()
    selection: dict[str, Any] = {}
    shard: PlanShard | None = None


def stored_details(spec: SweepSpec | None, details: Mapping[str, Any]) -> dict[str, Any]:
    """A run's details as the store keeps them: with the spec, if the run has one, in place of what follows from it."""
    if spec is None:
        return dict(details)
    derived = _selection_of(spec)
    return {**{name: value for name, value in details.items() if name not in derived}, SPEC: spec.as_json()}


def read_spec(suite: str, stored: Mapping[str, Any]) -> tuple[SweepSpec | None, dict[str, Any]]:
    """The spec of a run, and its other details as reports show them, from its suite and its stored details.

    The spec is None where no `farm sweep` can run the same: for a traced zoo, or a spec that this version can't read.
    """
    details = {name: value for name, value in stored.items() if name != SPEC}
    raw = stored.get(SPEC)
    try:
        if not isinstance(raw, dict):
            return SweepSpec.of(**_with_effect(_values_of_old_run(suite, details))), details
        spec = SweepSpec.of(**_with_effect(raw))
    except (FarmError, TypeError) as error:
        _LOG.debug("a run's record gives no spec: %s", error)
        return None, details
    return spec, {**details, **_selection_of(spec)}


def selected(spec: SweepSpec) -> dict[str, Any]:
    """What selects the vectors of a run out of its master or modules: equal for runs that plan the same vectors.

    Paths count by their names, since hosts keep the same files in different folders. The master and the shard are not
    part of it.
    """
    names = {name for name, option in options().items() if option.group is Group.WHAT}
    left_out = {"master", "shard", "import_timeout", *(() if spec.sample is not None else ("seed",))}
    fields = spec.model_dump(include=names - left_out, exclude_defaults=True)
    return {name: _comparable(value) for name, value in fields.items()}


def _comparable(value: object) -> object:
    if isinstance(value, Path):
        return value.name
    return sorted(value) if isinstance(value, tuple) else value


def _selection_of(spec: SweepSpec) -> dict[str, Any]:
    """What reports show of the selection: in the form that runs recorded before there was a spec."""
    selection: dict[str, Any] = {
        "operations": sorted(spec.operations),
        "vectors": sorted(spec.vectors),
        "limit": spec.limit,
    }
    if spec.sample is not None:
        selection["sample"] = [spec.sample, spec.seed]
    if spec.of_modules:
        recorded = spec.as_json()
        names = ("modules", "skip", "tt_metal", "sweeps", "vectors_file")
        selection |= {name: recorded[name] for name in names if recorded.get(name)}
        if spec.suites:
            selection["suites"] = list(spec.suites)
    return {"operations": list(spec.operations), "boards": spec.boards, "selection": selection}


def _with_effect(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec without those that have no effect beside the others: older farms ignored these."""
    names = {name: option.name for name, option in options().items()}
    present = {names[name] for name in values if name in names}
    ignored = {misfit.option for misfit in misfits(SPEC_RULES, present)}
    return {name: value for name, value in values.items() if names.get(name) not in ignored}


def _values_of_old_run(suite: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a spec, from the details of a run that was recorded before runs had a spec."""
    old = read_details(details, OldDetails)
    names = ("vectors", "limit", "modules", "skip", "tt_metal", "sweeps", "vectors_file")
    values = {name: old.selection[name] for name in names if old.selection.get(name)}
    values["suite"] = suite or ",".join(map(str, old.selection.get("suites", ())))
    values["operations"] = old.operations
    if old.master:
        values["master"] = old.master
    if old.boards:
        values["boards"] = old.boards
    sample = old.selection.get("sample")
    if isinstance(sample, list) and len(sample) == 2:
        values["sample"], values["seed"] = sample
    if old.shard is not None:
        values["shard"] = f"{old.shard.index}/{old.shard.of}"
    return values
