"""Choosing, comparing and counting what masters hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tracer.master.master import Master
from tracer.values import MemoryConfig, Tensor, Value, walk
from tracer.values.configuration import Configuration


@dataclass(frozen=True)
class Filter:
    """What a configuration must have; None asks for nothing.

    Attributes:
        model: part of a source that it was seen in.
        board: part of a machine's series or board type, in any case.
        dtype: of one of its tensors.
        layout: of one of its tensors.
        memory: part of `L1_HEIGHT_SHARDED` and the like, of one of its memory configs.
    """

    model: str | None = None
    board: str | None = None
    dtype: str | None = None
    layout: str | None = None
    memory: str | None = None

    def __bool__(self) -> bool:
        return any(each is not None for each in (self.model, self.board, self.dtype, self.layout, self.memory))

    def takes(self, configuration: Configuration) -> bool:
        """Whether a configuration has it all: the model and the board in one execution."""
        return self._seen(configuration) and self._made_of(configuration)

    def _seen(self, configuration: Configuration) -> bool:
        if self.model is None and self.board is None:
            return True
        return any(
            (self.model or "") in seen.source and _has(_board(seen.machine), self.board)
            for seen in configuration.executions
        )

    def _made_of(self, configuration: Configuration) -> bool:
        if self.dtype is None and self.layout is None and self.memory is None:
            return True
        parts = [part for value in configuration.arguments.values() for part in walk(value)]
        tensors = [part for part in parts if isinstance(part, Tensor)]
        memories = [part.kind for part in parts if isinstance(part, MemoryConfig)]
        return (
            (self.dtype is None or any(each.dtype == self.dtype.upper() for each in tensors))
            and (self.layout is None or any(each.layout == self.layout.upper() for each in tensors))
            and (self.memory is None or any(_has(each, self.memory) for each in memories))
        )


def _board(machine: dict[str, Any] | None) -> str:
    known = machine or {}
    return f"{known.get('board_type')} {known.get('device_series')}"


def _has(text: str, part: str | None) -> bool:
    return part is None or part.lower() in text.lower()


@dataclass
class Difference:
    """How a master differs from an older one.

    Attributes:
        added: configurations that only the newer one has.
        gone: those that only the older one has.
        changed: those that both have, with what is otherwise, in words.
    """

    added: list[Configuration] = field(default_factory=list)
    gone: list[Configuration] = field(default_factory=list)
    changed: list[tuple[Configuration, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


def difference(old: Master, new: Master) -> Difference:
    """What is added, gone and changed from one master to another; configurations are known by their content."""
    before = {each.content_hash: each for each in old}
    after = {each.content_hash: each for each in new}
    found = Difference()
    found.added = [each for key, each in after.items() if key not in before]
    found.gone = [each for key, each in before.items() if key not in after]
    for key, each in after.items():
        if key in before and (told := "; ".join(_changes(before[key], each))):
            found.changed.append((each, told))
    return found


def _changes(old: Configuration, new: Configuration) -> Iterator[str]:
    if old.output != new.output:
        yield "another output"
    if old.raised != new.raised:
        yield "it raised" if new.raised else "it raised no more"
    places = [{_place(seen) for seen in each.executions} for each in (old, new)]
    for word, only in (("seen also in", places[1] - places[0]), ("no more seen in", places[0] - places[1])):
        if only:
            yield f"{word} {', '.join(sorted(only))}"
    counts = [{_place(seen): seen.count for seen in each.executions} for each in (old, new)]
    for place in sorted(places[0] & places[1]):
        if counts[0][place] != counts[1][place]:
            yield f"called {counts[1][place]} times in {place}, not {counts[0][place]}"


def _place(seen: Any) -> str:
    return f"{seen.source or 'a source that is not recorded'} on {_board(seen.machine)}"


def statistics(master: Master) -> dict[str, dict[str, int]]:
    """How many configurations there are by operation, model, board, and what they are made of."""
    found: dict[str, Counter[str]] = {
        name: Counter() for name in ("operations", "models", "boards", "dtypes", "layouts", "memory", "storage")
    }
    for each in master:
        found["operations"][each.operation] += 1
        found["models"].update({source.partition("::")[0] for source in each.sources})
        found["boards"].update({_board(seen.machine) for seen in each.executions if seen.machine})
        parts: list[Value] = [part for value in each.arguments.values() for part in walk(value)]
        tensors = [part for part in parts if isinstance(part, Tensor)]
        found["dtypes"].update({tensor.dtype for tensor in tensors if tensor.dtype})
        found["layouts"].update({tensor.layout or "not recorded" for tensor in tensors})
        found["storage"].update({tensor.storage or "not recorded" for tensor in tensors})
        found["memory"].update({part.kind for part in parts if isinstance(part, MemoryConfig)})
    return {name: dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))) for name, counts in found.items()}


@dataclass(frozen=True)
class Check:
    """What a master's schema lost, and what of it can't be read.

    Attributes:
        configurations: how many there are.
        lost: configurations that lost an argument, by operation and argument.
        unsaid: how many don't say where they were seen, on which machine, how its board was opened, what they returned.
        broken: what can't be read.
    """

    configurations: int
    lost: dict[str, int]
    unsaid: dict[str, int]
    broken: list[str]


def check(master: Master) -> Check:
    """Looks a master through."""
    lost: Counter[str] = Counter()
    unsaid = dict.fromkeys(("source", "machine", "device config", "output", "argument names"), 0)
    for each in master:
        lost.update(f"{each.operation} {each.name_of(name) or name}" for name in each.lost)
        unsaid["source"] += not each.sources
        unsaid["machine"] += not any(seen.machine for seen in each.executions)
        unsaid["device config"] += all(seen.device_config is None for seen in each.executions)
        unsaid["output"] += each.output is None and each.raised is None
        unsaid["argument names"] += "arg0" in each.arguments and not each.names
    return Check(len(master), dict(lost.most_common()), unsaid, [str(each) for each in master.broken])
