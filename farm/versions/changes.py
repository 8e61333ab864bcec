"""How a configuration fares under one ttnn and under another: one change of a closed list. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from farm.core.payload import Payload, TracedCall
from farm.core.verdicts import Category
from farm.report.observation import LONGEST_DETAIL, Observation
from farm.report.report_word import ReportWord
from farm.report.signature import on_one_line, signature
from farm.versions.outputs import output_differences
from farm.versions.signatures import Signatures, keyword_changes, lacks_operation, other_changes


class Change(ReportWord):
    """What becomes of a configuration from the old ttnn to the new one, the worst first."""

    REFUSED_NOW = (
        "refused_now",
        "refused now",
        "The old ttnn accepts the call; the new one refuses it, crashes on it, or computes wrong numbers.",
        Category.FAILED,
    )
    ARGUMENT_CHANGED = (
        "argument_changed",
        "argument renamed or gone",
        "By their documented overloads, the new ttnn lacks the operation or an argument of the call, or takes another "
        "type.",
        Category.FAILED,
    )
    OUTPUT_CHANGED = (
        "output_changed",
        "output spec changed",
        "Both accept the call, and give it outputs of another shape, dtype, layout or memory config.",
        Category.FAULT,
    )
    ACCEPTED_NOW = (
        "accepted_now",
        "accepted only now",
        "The old ttnn refuses the call, and the new one accepts it.",
        Category.GOOD,
    )
    MESSAGE_CHANGED = (
        "message_changed",
        "message changed",
        "Both refuse the call, for reasons that they word differently.",
        Category.NOT_RUN,
    )
    NOT_JUDGED = (
        "not_judged",
        "not judged",
        "The call could not be made under one of them, or a fault kept it from a verdict.",
        Category.NOT_RUN,
    )
    REFUSED_BY_BOTH = ("refused_by_both", "refused by both", "Both refuse the call with one message.", Category.NOT_RUN)
    ACCEPTED_BY_BOTH = (
        "accepted_by_both",
        "accepted by both",
        "Both accept the call, with outputs of one spec.",
        Category.GOOD,
    )

    @property
    def breaks(self) -> bool:
        """Whether a model that makes this call breaks with the new ttnn."""
        return self.tone is Category.FAILED

    @property
    def changed(self) -> bool:
        """Whether the two ttnn differ."""
        return self not in (Change.NOT_JUDGED, Change.REFUSED_BY_BOTH, Change.ACCEPTED_BY_BOTH)


@dataclass(frozen=True, slots=True)
class Judged:
    """The change of one configuration.

    Attributes:
        change: the change.
        detail: what differs, on one line; may be empty.
    """

    change: Change
    detail: str = ""


def judge(payload: Payload, before: Observation, after: Observation, old: Signatures, new: Signatures) -> Judged:
    """Compare how a configuration ended under two versions of ttnn.

    Args:
        payload: the call.
        before: how it ended under the old ttnn.
        after: how it ended under the new ttnn.
        old: the signatures of the old ttnn.
        new: those of the new one.
    """
    if not before.refused and (changes := _signature_changes(payload, after, old, new)):
        return Judged(Change.ARGUMENT_CHANGED, "; ".join(changes))
    if not after.refused and (changes := _signature_changes(payload, before, new, old)) and after.accepted:
        return Judged(Change.ACCEPTED_NOW, f"before: {'; '.join(changes)}")
    if before.accepted and after.accepted:
        if differences := output_differences(before.output, after.output):
            return Judged(Change.OUTPUT_CHANGED, "; ".join(differences))
        other = [note for note in after.inexact if note not in before.inexact]
        return Judged(Change.ACCEPTED_BY_BOTH, f"passed otherwise now: {'; '.join(other)}" if other else "")
    if before.accepted and after.refused:
        return Judged(Change.REFUSED_NOW, _detail(after.message))
    if before.refused and after.accepted:
        return Judged(Change.ACCEPTED_NOW, f"before: {_detail(before.message)}")
    if before.refused and after.refused:
        same = (before.verdict, signature(before.message)) == (after.verdict, signature(after.message))
        return Judged(Change.REFUSED_BY_BOTH if same else Change.MESSAGE_CHANGED, _detail(after.message))
    unjudged = after if before.accepted or before.refused else before
    return Judged(Change.NOT_JUDGED, unjudged.in_words())


def _detail(message: str) -> str:
    return on_one_line(message, LONGEST_DETAIL)


def _signature_changes(payload: Payload, ended: Observation, old: Signatures, new: Signatures) -> list[str]:
    """What of a call the new ttnn lacks, by its documented overloads.

    Args:
        payload: the call.
        ended: how it ended under the new ttnn.
        old: the signatures of the ttnn that has it.
        new: the signatures of the ttnn that may lack it.
    """
    if not isinstance(payload, TracedCall):
        return []
    if lacks_operation(new, payload.operation):
        return [] if lacks_operation(old, payload.operation) else [f"there is no {payload.operation}"]
    changes = keyword_changes(payload, old, new)
    return changes or (other_changes(payload, old, new) if ended.not_callable else [])
