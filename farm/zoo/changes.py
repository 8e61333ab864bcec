"""How what a pinned model uses differs from what the master says that it used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from farm.core.plain_words import counted
from farm.zoo.manifest import Entry
from tracer.master.master import Master
from tracer.values.configuration import Configuration
from tracer.values.zoo_model import PINNED


@dataclass(frozen=True, slots=True)
class ModelChange:
    """The change of a pinned model.

    Attributes:
        name: the model's.
        added: the configurations that it newly uses, counted by operation.
        gone: those that it no longer uses.
    """

    name: str
    added: Mapping[str, int]
    gone: Mapping[str, int]

    def __str__(self) -> str:
        parts = [
            f"{verb} {counted(sum(part.values()), 'configuration')} ({', '.join(sorted(part))})"
            for verb, part in (("newly uses", self.added), ("no longer uses", self.gone))
            if part
        ]
        return f"pinned model {self.name} {' and '.join(parts)}"


def changes_of(entries: Iterable[Entry], before: Master, models: Mapping[str, Master]) -> list[ModelChange]:
    """Return how pinned models changed; one that the master knows nothing of has nothing to differ from.

    Args:
        entries: the models of the manifest.
        before: the master, before the new traces are added.
        models: what each model with a complete trace uses now, by name.
    """
    names = {entry.name for entry in entries if entry.state == PINNED} & models.keys()
    used: dict[str, dict[str, Configuration]] = {name: {} for name in names}
    for each in before:
        for name in names & {key for execution in each.executions for key in execution.zoo}:
            used[name][each.content_hash] = each
    changes = []
    for name in sorted(names):
        old, new = used[name], {each.content_hash: each for each in models[name]}
        added = Counter(each.operation for key, each in new.items() if key not in old)
        gone = Counter(each.operation for key, each in old.items() if key not in new)
        if old and (added or gone):
            changes.append(ModelChange(name, added, gone))
    return changes
