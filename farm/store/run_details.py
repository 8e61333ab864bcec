"""The details of a run that anything decides by, as a type. A run keeps them as JSON, beside its spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError


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


class RunLoader(BaseModel):
    """A loader of traced configurations that sweep modules of a run imported.

    Attributes:
        loader: the Python module that it was imported from.
        provider: whose code it is, `farm` or `tt-metal`.
        masters: the masters that it read, if it is farm's.
        modules: the sweep modules.
    """

    model_config = ConfigDict(frozen=True)

    loader: str
    provider: str
    masters: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


class RunDetails(BaseModel):
    """What a run records besides its spec.

    Attributes:
        master: the path of the master, as it was typed or of the shipped one.
        modules: the path of the folder of sweep modules or of the checkout, as it was typed; empty if none was.
        shard: the run's share of a plan; None if the run has the whole plan.
        group: what the shards of one CI run have in common; empty outside of CI and without shards.
        merged_vectors: how many vectors were merged into equal ones, by module and suite.
        loaders: the loaders of traced configurations that its sweep modules imported.
        paused_seconds: how long the run, which was resumed, had not run before.
        resumed: when it last went on, in Unix seconds; 0 if it was never resumed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    master: str = ""
    modules: str = ""
    shard: PlanShard | None = None
    group: str = ""
    merged_vectors: Mapping[str, Mapping[str, int]] = Field(default_factory=dict)
    loaders: tuple[RunLoader, ...] = ()
    paused_seconds: float = 0.0
    resumed: float = 0.0


Details = TypeVar("Details", bound=BaseModel)


def read_details(details: Mapping[str, Any], form: type[Details]) -> Details:
    """Read the details of a run; parts that don't fit are left at their defaults, whoever recorded them."""
    try:
        return form.model_validate(dict(details))
    except ValidationError as error:
        misfits = {part["loc"][0] for part in error.errors() if part["loc"]}
        return form.model_validate({name: value for name, value in details.items() if name not in misfits})
