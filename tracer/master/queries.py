"""Choosing, comparing and counting what masters hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracer.master.master import Master
from tracer.master.runnable import why_not_runnable
from tracer.master.view import unread_statistics
from tracer.value_statistics import ValueStatistics
from tracer.values import MemoryConfig, Tensor, Value, walk
from tracer.values.configuration import BrokenConfiguration, Configuration, Execution
from tracer.values.text import counted


@dataclass(frozen=True)
class Filter:
    """What a configuration must have; None allows anything.

    Attributes:
        model: part of a source that it was seen in; `*` stands for any text.
        board: part of a machine's series or board type, in any case.
        dtype: of one of its tensors.
        layout: of one of its tensors.
        memory: part of `L1_HEIGHT_SHARDED` and the like, of one of its memory configs.
        tags: one of these is of a model of a zoo that it was seen in; empty for any.
    """

    model: str | None = None
    board: str | None = None
    dtype: str | None = None
    layout: str | None = None
    memory: str | None = None
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        parts = (self.model, self.board, self.dtype, self.layout, self.memory)
        return bool(self.tags) or any(each is not None for each in parts)

    def takes(self, configuration: Configuration) -> bool:
        """Return whether a configuration has all of it: the model, the board and a tag in one execution."""
        return self._takes_execution(configuration) and self._takes_arguments(configuration)

    def _takes_execution(self, configuration: Configuration) -> bool:
        if self.model is None and self.board is None and not self.tags:
            return True
        tags = frozenset(self.tags)
        return any(
            names_source(self.model or "", execution.source)
            and _contains(_board(execution.machine), self.board)
            and (not self.tags or any(not tags.isdisjoint(model.tags) for model in execution.zoo.values()))
            for execution in configuration.executions
        )

    def _takes_arguments(self, configuration: Configuration) -> bool:
        if self.dtype is None and self.layout is None and self.memory is None:
            return True
        parts = [part for value in configuration.arguments.values() for part in walk(value)]
        tensors = [part for part in parts if isinstance(part, Tensor)]
        memories = [part.kind for part in parts if isinstance(part, MemoryConfig)]
        return (
            (self.dtype is None or any(tensor.dtype == self.dtype.upper() for tensor in tensors))
            and (self.layout is None or any(tensor.layout == self.layout.upper() for tensor in tensors))
            and (self.memory is None or any(_contains(memory, self.memory) for memory in memories))
        )


def _board(machine: dict[str, Any] | None) -> str:
    """Return `Wormhole n300`, or as much of it as is recorded."""
    parts = [] if machine is None else [machine.get("board_type"), machine.get("device_series")]
    return " ".join(str(part) for part in parts if part)


def _contains(text: str, part: str | None) -> bool:
    return part is None or part.lower() in text.lower()


def names_source(text: str, source: str) -> bool:
    """Return whether a source contains a text, in which `*` stands for any text.

    >>> names_source("resnet*::test_run", "models/resnet50/demo.py::test_run[8]")
    True
    """
    parts = text.split("*")
    return re.search(".*".join(map(re.escape, parts)), source, re.DOTALL) is not None


def tags_of(master: Master) -> list[str]:
    """Return the tags of all models in a master, sorted."""
    return sorted({tag for each in (*master, *master.broken) for tag in each.tags})


def with_tags(master: Master, tags: Collection[str]) -> Master:
    """Return the part of a master that the models with one of these tags use, and what they may use; see `_part`."""
    selected = frozenset(tags)
    return _part(master, lambda each: not each.tags.isdisjoint(selected))


def with_models(master: Master, models: Collection[str]) -> Master:
    """Return the part of a master whose sources these texts name or may name; see `names_source` and `_part`."""
    return _part(master, lambda each: any(names_source(text, source) for text in models for source in each.sources))


def _part(master: Master, takes: Callable[[Configuration | BrokenConfiguration], bool]) -> Master:
    """Return a part of a master. What can't be read stays in it unless it was seen elsewhere."""
    part = Master()
    part.path, part.metadata, part.trace = master.path, master.metadata, master.trace
    part.broken = [each for each in master.broken if each.executions is None or takes(each)]
    broken_in = {each.operation for each in part.broken}
    for operation, configurations in master.configurations.items():
        chosen = [each for each in configurations if takes(each)]
        if chosen or operation in broken_in:
            part.configurations[operation] = chosen
    return part


@dataclass
class Difference:
    """How a master differs from an older one.

    Attributes:
        added: configurations that only the newer one has.
        gone: those that only the older one has.
        changed: those that both have, with how they differ, in words.
    """

    added: list[Configuration] = field(default_factory=list)
    gone: list[Configuration] = field(default_factory=list)
    changed: list[tuple[Configuration, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


def difference(old: Master, new: Master) -> Difference:
    """Return what is added, gone and changed from one master to another; configurations are matched by content."""
    before = {configuration.content_hash: configuration for configuration in old}
    after = {configuration.content_hash: configuration for configuration in new}
    changes = {key: "; ".join(_changes(before[key], each)) for key, each in after.items() if key in before}
    return Difference(
        added=[configuration for key, configuration in after.items() if key not in before],
        gone=[configuration for key, configuration in before.items() if key not in after],
        changed=[(after[key], text) for key, text in changes.items() if text],
    )


def _changes(old: Configuration, new: Configuration) -> Iterator[str]:
    if old.output != new.output:
        yield "another output"
    if old.raised != new.raised:
        yield "it raised" if new.raised else "it raises no longer"
    yield from _changes_of_statistics(old.statistics, new.statistics)
    old_counts, new_counts = _counts(old), _counts(new)
    added, gone = new_counts.keys() - old_counts.keys(), old_counts.keys() - new_counts.keys()
    if added:
        yield f"seen also in {', '.join(sorted(added))}"
    if gone:
        yield f"no longer seen in {', '.join(sorted(gone))}"
    for place in sorted(old_counts.keys() & new_counts.keys()):
        if old_counts[place] != new_counts[place]:
            yield f"called {_times(new_counts[place])} in {place}, {_times(old_counts[place])} before"


def _changes_of_statistics(old: Mapping[str, ValueStatistics], new: Mapping[str, ValueStatistics]) -> Iterator[str]:
    for place in dict.fromkeys((*old, *new)):
        before, now = (each[place].text if place in each else "values not recorded" for each in (old, new))
        if old.get(place) != new.get(place):
            yield f"{place}: {now} (before: {before})"


def _times(count: int | None) -> str:
    return "an unrecorded number of times" if count is None else counted(count, "time")


def _counts(configuration: Configuration) -> dict[str, int | None]:
    """Return how often a configuration was called, by where."""
    return {_place(execution): execution.count for execution in configuration.executions}


def _place(execution: Execution) -> str:
    board = _board(execution.machine) or "a board that is not recorded"
    return f"{execution.source or 'a source that is not recorded'} on {board}"


def statistics(master: Master) -> dict[str, dict[str, int]]:
    """Count configurations by operation, model, board, and what they are made of; the most frequent first."""
    counters: dict[str, Counter[str]] = {
        name: Counter() for name in ("operations", "models", "boards", "dtypes", "layouts", "memory", "storage")
    }
    for each in master:
        counters["operations"][each.operation] += 1
        counters["models"].update({source.partition("::")[0] for source in each.sources})
        counters["boards"].update({_board(execution.machine) for execution in each.executions} - {""})
        parts: list[Value] = [part for value in each.arguments.values() for part in walk(value)]
        tensors = [part for part in parts if isinstance(part, Tensor)]
        counters["dtypes"].update({tensor.dtype for tensor in tensors if tensor.dtype})
        counters["layouts"].update({tensor.layout or "not recorded" for tensor in tensors})
        counters["storage"].update({tensor.storage or "not recorded" for tensor in tensors})
        counters["memory"].update({part.kind for part in parts if isinstance(part, MemoryConfig)})
    return {
        name: dict(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))) for name, counter in counters.items()
    }


@dataclass(frozen=True)
class Check:
    """What a master lost or lacks, and what of it can't be read.

    Attributes:
        configurations: how many there are.
        lost: configurations that lost an argument, by operation and argument.
        missing: how many don't say where they were seen, on which machine, how its board was opened, what they
            returned, or what their arguments are called.
        broken: what can't be read.
        unrunnable: why configurations can't be called again, as far as the file shows it, with how many.
    """

    configurations: int
    lost: dict[str, int]
    missing: dict[str, int]
    broken: list[str]
    unrunnable: dict[str, int]

    @property
    def runnable(self) -> int:
        """The number of configurations without a reason why they can't be called again."""
        return self.configurations - sum(self.unrunnable.values())


def check(master: Master) -> Check:
    """Check a master for what it lost, lacks, or has broken."""
    lost: Counter[str] = Counter()
    broken = [] if master.trace is None else list(master.trace.problems)
    broken += [str(each) for each in master.broken]
    unrunnable: Counter[str] = Counter()
    missing = dict.fromkeys(("source", "machine", "device config", "output", "argument names"), 0)
    for each in master:
        lost.update(f"{each.operation} {each.name_of(name) or name}" for name in each.lost)
        if reason := why_not_runnable(each):
            unrunnable[f"{each.operation}: {reason}"] += 1
        broken += [
            f"{each.operation}, index {each.index}: {which}: {problem}"
            for execution in each.executions
            for which, problem in unread_statistics(execution).items()
        ]
        missing["source"] += not each.sources
        missing["machine"] += not any(execution.machine for execution in each.executions)
        missing["device config"] += all(execution.device_config is None for execution in each.executions)
        missing["output"] += each.output is None and each.raised is None
        missing["argument names"] += "arg0" in each.arguments and not each.names
    return Check(len(master), dict(lost.most_common()), missing, broken, dict(unrunnable.most_common()))
