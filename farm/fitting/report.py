"""The report of a fit: how each configuration fares on each kind, and the counts by model and operation. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field, computed_field

from farm.core.errors import ExitCode
from farm.core.payload import Payload
from farm.core.plain_words import counted
from farm.core.verdicts import Reason, Verdict
from farm.fitting.fits import Fit, judge
from farm.planning.shortfalls import Shortfall
from farm.report.context import configuration_lines
from farm.report.observation import Observation
from farm.report.signature import signature
from farm.store.view import Model, RunView, VectorView
from tracer.master.queries import names_source

PEAK_METRIC = "peak_l1_memory_per_core_bytes"
"""The measurement of `--measure-memory` that has the peak."""

Counts = dict[Fit, int]


class KindRun(Model):
    """The run of the selection on mock boards of one kind."""

    kind: str
    architecture: str
    chips: int
    run: str = Field(description="the run's id in the results store")
    ttnn: str | None = Field(description="the version of ttnn; null if no board was opened")


class OnKind(Model):
    """How a configuration fares on one kind."""

    fit: Fit
    detail: str = Field(description="why, in one line; may be empty")
    missing_bytes: int | None = Field(
        description="how many bytes it lacks, of L1 on a core or of a bank of DRAM; null where ttnn doesn't say"
    )
    peak_l1_bytes: int | None = Field(
        description="the most L1 on a core that it needs, if it was accepted; null where ttnn doesn't say"
    )
    verdict: Verdict
    reason: Reason
    message: str
    inexact: list[str] = Field(description="arguments that were not passed as the trace has them")


class ConfigurationFit(Model):
    """How one configuration fares on every kind."""

    vector_id: str
    operation: str
    sources: list[str] = Field(description="the selected models it was seen in")
    kinds: dict[str, OnKind]
    configuration: list[str] = Field(description="its arguments, one line each")


@dataclass(frozen=True, slots=True)
class Group:
    """Configurations of one operation that fare alike on the same kinds.

    Attributes:
        fit: how they fare.
        kinds: the kinds.
        members: the configurations.
        on: how the first one fares on the first of the kinds.
    """

    fit: Fit
    kinds: tuple[str, ...]
    members: tuple[ConfigurationFit, ...]

    @property
    def on(self) -> OnKind:
        """How the first of them fares on the first of the kinds."""
        return self.members[0].kinds[self.kinds[0]]

    @property
    def missing(self) -> tuple[int, int] | None:
        """The fewest and the most bytes that they lack on these kinds; None where ttnn doesn't say."""
        sizes = [each.kinds[kind].missing_bytes for each in self.members for kind in self.kinds]
        stated = [size for size in sizes if size is not None]
        return (min(stated), max(stated)) if stated else None


class FitReport(Model):
    """Which kinds of boards a selection of configurations fits, as far as mock boards tell."""

    version: int = 1
    master: str = Field(description="where the configurations are from")
    kinds: list[KindRun]
    configurations: list[ConfigurationFit]

    @computed_field(description="for each kind, the number of configurations of each fit; they add up")  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[str, Counts]:
        """The number of configurations of each fit on each kind, zeros included."""
        return self._counts(self.configurations)

    @computed_field(description="the same for each model; a configuration may be seen in several")  # type: ignore[prop-decorator]
    @property
    def models(self) -> dict[str, dict[str, Counts]]:
        """The matrix of models and kinds, in the order of the models' names."""
        return self._matrix((source, each) for each in self.configurations for source in each.sources)

    @computed_field(description="the same for each operation")  # type: ignore[prop-decorator]
    @property
    def operations(self) -> dict[str, dict[str, Counts]]:
        """The matrix of operations and kinds, in the order of the operations' names."""
        return self._matrix((each.operation, each) for each in self.configurations)

    @property
    def names(self) -> list[str]:
        """The names of the kinds."""
        return [each.kind for each in self.kinds]

    @property
    def peaks(self) -> dict[str, dict[str, int]]:
        """The most L1 on a core, in bytes, that an accepted configuration of an operation needs on each kind.

        Only operations of which ttnn tells it, and only those kinds.
        """
        peaks: dict[str, dict[str, int]] = {}
        for each in sorted(self.configurations, key=lambda each: each.operation):
            for kind, on in each.kinds.items():
                if on.peak_l1_bytes is not None:
                    of_operation = peaks.setdefault(each.operation, {})
                    of_operation[kind] = max(of_operation.get(kind, 0), on.peak_l1_bytes)
        return peaks

    @property
    def fitting(self) -> list[str]:
        """The kinds that everything judged on them fits."""
        return [kind for kind, counts in self.counts.items() if counts[Fit.ACCEPTED] and not misfits(counts)]

    def groups(self) -> list[Group]:
        """What does not fit or was not judged: by operation, and within one the largest groups first."""
        alike: dict[tuple[str, Fit, str, tuple[str, ...]], list[ConfigurationFit]] = defaultdict(list)
        for each in self.configurations:
            kinds_of: dict[tuple[Fit, str], list[str]] = defaultdict(list)
            for kind, on in each.kinds.items():
                if on.fit is not Fit.ACCEPTED:
                    kinds_of[on.fit, signature(on.detail)].append(kind)
            for (fit, why), kinds in kinds_of.items():
                alike[each.operation, fit, why, tuple(kinds)].append(each)
        groups = [Group(fit, kinds, tuple(each)) for (_, fit, _, kinds), each in alike.items()]
        order = list(Fit)
        return sorted(groups, key=lambda g: (g.members[0].operation, order.index(g.fit), -len(g.members), g.kinds))

    def headline(self) -> str:
        """One or two sentences about all kinds."""
        total = counted(len(self.configurations), "configuration")
        if not any(judged(counts) for counts in self.counts.values()):
            return f"None of {total} could be judged on any kind."
        fitting = ", ".join(self.fitting)
        whole = f"{total}: everything that could be judged fits {fitting}" if fitting else f"{total}: no kind fits all"
        kinds_of: dict[int, list[str]] = defaultdict(list)
        for kind, counts in self.counts.items():
            kinds_of[misfits(counts)].append(kind)
        rest = [
            f"{bad} {'does' if bad == 1 else 'do'}n't fit {', '.join(kinds_of[bad])}"
            for bad in sorted(kinds_of, reverse=True)
            if bad
        ]
        return "; ".join((whole, *rest)) + "."

    def exit_code(self, required: Iterable[str] = ()) -> ExitCode:
        """The exit code of a command that ends with this report.

        Args:
            required: the kinds that everything must fit.
        """
        required = list(required)
        counts = self.counts
        if any(misfits(counts[kind]) for kind in required):
            return ExitCode.TEST_FAILED
        asked = required or self.names
        told = [judged(counts[kind]) > 0 for kind in asked]
        return ExitCode.GOOD if (all(told) if required else any(told)) else ExitCode.NOT_RUN

    def _matrix(self, pairs: Iterable[tuple[str, ConfigurationFit]]) -> dict[str, dict[str, Counts]]:
        rows: dict[str, list[ConfigurationFit]] = defaultdict(list)
        for name, each in pairs:
            rows[name].append(each)
        return {name: self._counts(rows[name]) for name in sorted(rows)}

    def _counts(self, configurations: Sequence[ConfigurationFit]) -> dict[str, Counts]:
        return {kind: _count(each.kinds[kind].fit for each in configurations) for kind in self.names}


def misfits(counts: Mapping[Fit, int]) -> int:
    """The number of configurations that do not fit."""
    return sum(count for fit, count in counts.items() if fit.misfit)


def judged(counts: Mapping[Fit, int]) -> int:
    """The number of configurations that could be judged."""
    return counts[Fit.ACCEPTED] + misfits(counts)


@dataclass(frozen=True, slots=True)
class KindResult:
    """What is known of the selection on one kind.

    Attributes:
        run: the run, in words of the report.
        view: the run, as the store has it.
        shortfalls: what the kind lacks for vectors, by their ids, as the plan says.
    """

    run: KindRun
    view: RunView
    shortfalls: Mapping[str, Shortfall]


def make_report(
    results: Sequence[KindResult], payloads: Mapping[str, Payload], master: str, models: Sequence[str] = ()
) -> FitReport:
    """Put the runs of one selection on several kinds together.

    Args:
        results: the runs; all have the same vectors.
        payloads: the payload of each vector by its id.
        master: where the configurations are from.
        models: the texts that name the selected models, see `names_source`; empty for all models.
    """
    by_kind = {each.run.kind: {v.vector_id: v for v in each.view.vectors} for each in results}
    configurations = [
        ConfigurationFit(
            vector_id=vector.vector_id,
            operation=vector.operation,
            sources=[s for s in vector.sources if not models or any(names_source(text, s) for text in models)],
            kinds={
                each.run.kind: _on_kind(by_kind[each.run.kind][vector.vector_id], each.shortfalls.get(vector.vector_id))
                for each in results
            },
            configuration=list(configuration_lines(payloads[vector.vector_id])),
        )
        for vector in results[0].view.vectors
    ]
    return FitReport(master=master, kinds=[each.run for each in results], configurations=configurations)


def _on_kind(vector: VectorView, shortfall: Shortfall | None) -> OnKind:
    judgement = judge(
        Observation(vector.verdict, vector.reason, vector.message, inexact=tuple(vector.inexact)), shortfall
    )
    peak = vector.metrics.get(PEAK_METRIC) if judgement.fit is Fit.ACCEPTED else None
    return OnKind(
        fit=judgement.fit,
        detail=judgement.detail,
        missing_bytes=judgement.missing_bytes,
        peak_l1_bytes=None if peak is None else round(peak),
        verdict=vector.verdict,
        reason=vector.reason,
        message=vector.message,
        inexact=vector.inexact,
    )


def _count(fits: Iterable[Fit]) -> Counts:
    numbers = Counter(fits)
    return {fit: numbers[fit] for fit in Fit}
