"""The details of a run that anything decides by, as a type. A run keeps them as JSON, also those of older farms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class PlanShard(BaseModel):
    """A run's share of a plan that several runs share.

    Attributes:
        index: from 1 to `of`.
        of: the number of shards.
        planned: the vectors of the whole plan.
        plan: a hash of the whole plan, the same for all its shards.
    """

    model_config = ConfigDict(frozen=True)

    index: int
    of: int
    planned: int
    plan: str


class RunDetails(BaseModel):
    """What a run records besides its spec.

    Attributes:
        master: the path of the master; empty for sweep modules.
        boards: the value of `--boards`.
        operations: the operations that were asked for.
        selection: everything that selects vectors; None in runs of old farms, which had only operations.
        shard: the run's share of a plan; None if the run has the whole plan.
        group: what the shards of one CI run have in common; empty outside of CI and without shards.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    master: str = ""
    boards: str = ""
    operations: tuple[str, ...] = ()
    selection: dict[str, Any] | None = None
    shard: PlanShard | None = None
    group: str = ""

    @property
    def source(self) -> str:
        """The path of what the vectors come from, as it was typed: a folder of modules, a checkout or a master."""
        selection = self.selection or {}
        return str(selection.get("sweeps") or selection.get("tt_metal") or self.master)

    @property
    def selected(self) -> tuple[str, dict[str, Any]]:
        """The name of the master and what was selected from it: equal for runs that planned the same vectors."""
        selection = self.selection
        if selection is None:
            selection = {"operations": sorted(self.operations)}
        return PurePath(self.master).name, selection


def read_details(details: Mapping[str, Any]) -> RunDetails:
    """Read the details of a run; parts that don't fit are left at their defaults, whoever recorded them."""
    try:
        return RunDetails.model_validate(dict(details))
    except ValidationError as error:
        misfits = {part["loc"][0] for part in error.errors() if part["loc"]}
        return RunDetails.model_validate({name: value for name, value in details.items() if name not in misfits})
