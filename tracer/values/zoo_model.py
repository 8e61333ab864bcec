"""The model of a zoo that a configuration was traced of, as executions keep it: `farm trace --zoo` writes it.

An execution has its models under the key `zoo`, by name: `{"bert-n300": {"owner": "lead", "state": "pinned", "tags":
["lead", "nlp"]}}`. It is no part of any hash, so a master alone says which configurations the models of a tag use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PINNED, DRAFT = "pinned", "draft"
STATES = (PINNED, DRAFT)
"""What a zoo demands of a model: that its test passes, or nothing yet."""


@dataclass(frozen=True, slots=True)
class ZooModel:
    """What a zoo says of a model.

    Attributes:
        tags: what it is selected by, sorted.
        state: one of `STATES`.
        owner: who answers for it; "" if nobody is named.
    """

    tags: tuple[str, ...] = ()
    state: str = PINNED
    owner: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it."""
        named = {"owner": self.owner} if self.owner else {}
        return {"state": self.state, "tags": list(self.tags), **named}

    @classmethod
    def from_json(cls, raw: object) -> ZooModel:
        """Read what `as_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        if not isinstance(raw, dict):
            raise ValueError("must be an object with tags, state and owner")  # noqa: TRY004 - a fault of a file
        tags, state, owner = raw.get("tags", []), raw.get("state", PINNED), raw.get("owner", "")
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            raise ValueError("tags must be a list of text")
        if state not in STATES:
            raise ValueError(f"state must be {' or '.join(STATES)}")
        if not isinstance(owner, str):
            raise ValueError("owner must be text")  # noqa: TRY004 - a fault of a file
        return cls(tuple(sorted(set(tags))), state, owner)

    def joined(self, other: ZooModel) -> ZooModel:
        """Return what two records of a model say together, the same in any order: of two states, pinned stands."""
        return ZooModel(
            tuple(sorted({*self.tags, *other.tags})),
            max(self.state, other.state),
            max(self.owner, other.owner),
        )


def joined_models(old: Mapping[str, ZooModel], new: Mapping[str, ZooModel]) -> dict[str, ZooModel]:
    """Return the models of two records of one execution."""
    if not new:
        return dict(old)
    both = {name: old[name].joined(new[name]) for name in old.keys() & new.keys()}
    return {name: both.get(name) or old.get(name) or new[name] for name in sorted({*old, *new})}
