"""The report of an upgrade: what each configuration becomes, and the counts by change, operation and model. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field, computed_field

from farm.core.errors import ExitCode
from farm.core.payload import Payload, TracedCall
from farm.core.plain_words import counted
from farm.core.verdicts import Reason, Verdict
from farm.report.context import configuration_lines
from farm.report.observation import Observation
from farm.report.signature import signature
from farm.store.view import Model, RunView, VectorView
from farm.versions.changes import Change, judge
from farm.versions.signatures import Signatures, argument_changes


class RunUnder(Model):
    """The run of the selection under one ttnn."""

    name: str = Field(description="how the user named the ttnn")
    ttnn: str = Field(description="its version")
    python: str = Field(description="its interpreter")
    run: str = Field(description="the run's id in the results store")
    boards: list[str] = Field(description="the boards that took part")
    computes: bool = Field(description="whether they compute numbers; a mock only validates")


class Ended(Model):
    """How a configuration ended under one ttnn."""

    verdict: Verdict
    reason: Reason
    message: str
    inexact: list[str] = Field(description="arguments that were not passed as the trace has them")


class ConfigurationChange(Model):
    """What becomes of one configuration."""

    vector_id: str
    operation: str
    change: Change
    detail: str = Field(description="what differs, in one line; may be empty")
    sources: list[str] = Field(description="the models it was seen in")
    before: Ended
    after: Ended
    configuration: list[str] = Field(description="its arguments, one line each")


class SignatureChange(Model):
    """The arguments of an operation that only one of the two ttnn documents, whether a call passes them or not."""

    operation: str
    gone: list[str] = Field(description="what became of those that the old ttnn has")
    new: list[str] = Field(description="the names that only the new ttnn has")


class UpgradeReport(Model):
    """What changes for a selection of configurations from one ttnn to another."""

    old: RunUnder
    new: RunUnder
    master: str = Field(description="where the configurations are from")
    configurations: list[ConfigurationChange] = Field(description="the worst changes first")
    signatures: list[SignatureChange] = Field(description="of the operations that were selected")

    @computed_field(description="the number of configurations of each change; they add up")  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[Change, int]:
        """The number of configurations of each change, zeros included."""
        return _counts(each.change for each in self.configurations)

    @computed_field(description="the same for each operation")  # type: ignore[prop-decorator]
    @property
    def operations(self) -> dict[str, dict[Change, int]]:
        """The counts by operation, the most broken ones first."""
        return _counts_by((each.operation, each.change) for each in self.configurations)

    @computed_field(description="the same for each model; a configuration may be seen in several")  # type: ignore[prop-decorator]
    @property
    def models(self) -> dict[str, dict[Change, int]]:
        """The counts by model, the most broken ones first."""
        return _counts_by((source, each.change) for each in self.configurations for source in each.sources)

    @property
    def touched(self) -> list[str]:
        """The models that make a call that changed."""
        return [name for name, counts in self.models.items() if any(counts[each] for each in Change if each.changed)]

    @property
    def breaks(self) -> bool:
        """Whether the new ttnn refuses a call that the old one accepts."""
        return any(each.change.breaks for each in self.configurations)

    def groups(self, change: Change) -> list[list[ConfigurationChange]]:
        """The configurations of one change, grouped by operation and what differs, the largest groups first."""
        groups: dict[tuple[str, str], list[ConfigurationChange]] = defaultdict(list)
        for each in self.configurations:
            if each.change is change:
                groups[each.operation, signature(each.detail)].append(each)
        return sorted(groups.values(), key=lambda group: (-len(group), group[0].operation))

    @property
    def judged(self) -> int:
        """The number of configurations that could be judged."""
        return len(self.configurations) - self.counts[Change.NOT_JUDGED]

    def headline(self) -> str:
        """One or two sentences about all changes."""
        parts = [f"{count} {change.words}" for change, count in self.counts.items() if change.changed and count]
        total = counted(len(self.configurations), "configuration")
        unjudged = self.counts[Change.NOT_JUDGED]
        between = f"From ttnn {self.old.ttnn} to {self.new.ttnn}"
        if not self.judged:
            return f"{between}: none of {total} could be judged."
        rest = f" {unjudged} could not be judged." if unjudged else ""
        if not parts:
            return f"{between}: nothing changes in {self.judged} of {total}.{rest}"
        return f"{between}: {', '.join(parts)}, of {total}.{rest}"

    @property
    def differs(self) -> bool:
        """Whether anything changes."""
        return any(each.change.changed for each in self.configurations)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that ends with this report."""
        if self.breaks:
            return ExitCode.TEST_FAILED
        return ExitCode.GOOD if self.judged else ExitCode.NOT_RUN


def compare(  # noqa: PLR0917 - two of each
    old: RunUnder,
    new: RunUnder,
    views: tuple[RunView, RunView],
    payloads: Mapping[str, Payload],
    signatures: tuple[Signatures, Signatures],
    master: str,
) -> UpgradeReport:
    """Compare the runs of one selection under two versions of ttnn.

    Args:
        old: the run under the old ttnn.
        new: the run under the new ttnn.
        views: the two runs.
        payloads: the payload of each vector by its id.
        signatures: the signatures of both ttnn.
        master: where the configurations are from.
    """
    after = {vector.vector_id: vector for vector in views[1].vectors}
    changes = [
        _change(vector, after[vector.vector_id], payloads[vector.vector_id], signatures) for vector in views[0].vectors
    ]
    order = list(Change)
    changes.sort(key=lambda each: (order.index(each.change), each.operation, each.detail, each.vector_id))
    documented = [
        SignatureChange(operation=each.operation, gone=list(each.gone), new=list(each.new))
        for each in argument_changes(*signatures)
    ]
    return UpgradeReport(old=old, new=new, master=master, configurations=changes, signatures=documented)


def observation(vector: VectorView, traced_output: Any) -> Observation:
    """How a vector ended; an output that its attempt doesn't keep is as traced."""
    output = vector.history[-1].outcome(vector.vector_id).output if vector.history else None
    return Observation(
        vector.verdict,
        vector.reason,
        vector.message,
        traced_output if output is None else output,
        tuple(vector.inexact),
    )


def traced_output(payload: Payload) -> Any:
    """The output that a payload's trace has, encoded; None for other payloads."""
    return payload.output if isinstance(payload, TracedCall) else None


def _change(
    before: VectorView, after: VectorView, payload: Payload, signatures: tuple[Signatures, Signatures]
) -> ConfigurationChange:
    output = traced_output(payload)
    judged = judge(payload, observation(before, output), observation(after, output), *signatures)
    return ConfigurationChange(
        vector_id=before.vector_id,
        operation=before.operation,
        change=judged.change,
        detail=judged.detail,
        sources=before.sources,
        before=_ended(before),
        after=_ended(after),
        configuration=list(configuration_lines(payload)),
    )


def _ended(vector: VectorView) -> Ended:
    return Ended(verdict=vector.verdict, reason=vector.reason, message=vector.message, inexact=vector.inexact)


def _counts(changes: Iterable[Change]) -> dict[Change, int]:
    numbers = Counter(changes)
    return {change: numbers[change] for change in Change}


def _counts_by(pairs: Iterable[tuple[str, Change]]) -> dict[str, dict[Change, int]]:
    changes: dict[str, list[Change]] = defaultdict(list)
    for name, change in pairs:
        changes[name].append(change)
    counts = {name: _counts(each) for name, each in changes.items()}
    return dict(sorted(counts.items(), key=lambda item: (_badness(item[1]), item[0])))


def _badness(counts: Mapping[Change, int]) -> Sequence[int]:
    """Sorts the most of the worst first."""
    return [-counts[change] for change in Change if change.changed]
