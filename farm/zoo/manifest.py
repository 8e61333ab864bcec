"""The manifest of a zoo: which models to trace, and what each of them needs.

    models:
      - name: bert-n300
        target: test_bert.py::test_layer
        boards: {kind: n300, mesh: [1, 1]}
        environment: {HF_MODEL: bert-large}
        arguments: [-k, not slow]
        timeout: 600
        workdir: {ship: models}
        tags: [lead, nlp]
        state: draft
        owner: lead@example.com

Only `name` and `target` are required. A target is relative to the working directory: `{ship: FOLDER}`, which is sent
to the hosts, `{host: PATH}`, which each host has, or by default the manifest's own folder.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from farm.board.kinds import KINDS, kind_named
from farm.core.board import BoardKind
from farm.core.errors import FarmError, NothingSelected
from farm.core.plain_words import in_plain_words
from farm.core.yaml_file import read_yaml, yaml_nodes
from farm.planning.tags import require_tags
from tracer.values.zoo_model import PINNED, STATES, ZooModel

TIMEOUT_SECONDS = 600.0

_NAME = re.compile(r"[\w.-]+")


def _kinds(value: object) -> object:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("give a kind of board, or a list of them")
    try:
        return tuple(kind_named(name).name for name in names)
    except FarmError as error:
        raise ValueError(str(error)) from None


def _tags(value: object) -> object:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
        raise ValueError("give a tag, or a list of them: letters, digits and ._-")
    return tuple(sorted(set(names)))


def _state(value: object) -> object:
    if value not in STATES:
        raise ValueError(f"{value!r}: give {' or '.join(STATES)}")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BoardNeed(_Strict):
    """The boards that a model can run on.

    Attributes:
        kind: the kinds, any of which is suitable.
        mesh: rows and columns of the mesh of chips that it opens.
    """

    kind: Annotated[tuple[str, ...], BeforeValidator(_kinds)] = tuple(KINDS)
    mesh: tuple[int, int] = (1, 1)

    def kinds(self) -> list[BoardKind]:
        """The kinds of boards that the model can run on."""
        return [KINDS[name] for name in self.kind if self.mesh in KINDS[name].meshes]

    @model_validator(mode="after")
    def _some(self) -> BoardNeed:
        if not self.kinds():
            raise ValueError(f"no {' or '.join(self.kind)} opens a mesh of {self.mesh[0]} x {self.mesh[1]} chips")
        return self


class Workdir(_Strict):
    """The folder that a model runs in: one that each host has, or one that is sent to the hosts."""

    host: Path | None = None
    ship: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> Workdir:
        if (self.host is None) == (self.ship is None):
            raise ValueError("give either host, a path on the hosts, or ship, a folder to send to them")
        return self


class Entry(_Strict):
    """One model to trace.

    Attributes:
        name: unique in the manifest.
        target: a pytest node id, file or folder, or a script.
        boards: the boards that it can run on.
        environment: environment variables of its process.
        arguments: further arguments of pytest or the script.
        timeout: seconds that it may take.
        workdir: the folder it runs in; None for the manifest's folder.
        tags: what it is selected by; the master keeps them with what it uses.
        state: `pinned`: it must pass, and what it newly uses, or no longer, is said; `draft`: it never fails the run.
        owner: who answers for it.
    """

    name: str
    target: str
    boards: BoardNeed = BoardNeed()
    environment: dict[str, str] = Field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    timeout: float = Field(default=TIMEOUT_SECONDS, gt=0)
    workdir: Workdir | None = None
    tags: Annotated[tuple[str, ...], BeforeValidator(_tags)] = ()
    state: Annotated[str, BeforeValidator(_state)] = PINNED
    owner: str = ""

    @model_validator(mode="after")
    def _named(self) -> Entry:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} may hold only letters, digits and ._-")
        return self

    @property
    def digest(self) -> str:
        """A hash of everything that decides what a trace of it holds."""
        content = self.model_dump_json(exclude={"timeout", "tags", "state", "owner"})
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def model(self) -> ZooModel:
        """What the master keeps of it."""
        return ZooModel(self.tags, self.state, self.owner)


class _Models(_Strict):
    models: tuple[Entry, ...]


class Manifest:
    """A manifest that was read and checked.

    Attributes:
        path: its file.
        entries: the models, in the file's order.
    """

    def __init__(self, path: Path, entries: tuple[Entry, ...]) -> None:
        self.path = path
        self.entries = entries

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest.

        Raises:
            FarmError: it is missing, is not YAML, has an unknown key or two models of one name, or names a path that
                doesn't exist.
            NothingSelected: it lists no model.
        """
        raw = read_yaml(path)
        try:
            entries = _Models.model_validate(raw).models
        except ValidationError as error:
            raise FarmError(f"{path}{_line(path, error.errors()[0]['loc'])}: {_first(error, raw)}") from None
        if not entries:
            raise NothingSelected(f"{path}: it lists no model")
        duplicates = [name for name, count in Counter(entry.name for entry in entries).items() if count > 1]
        if duplicates:
            raise FarmError(f"{path}: two models are named {duplicates[0]}; each needs a name of its own")
        manifest = cls(path.resolve(), entries)
        for entry in entries:
            manifest._require(entry)
        return manifest

    def with_tags(self, tags: Sequence[str]) -> Manifest:
        """The models with one of these tags; all for no tags.

        Raises:
            NothingSelected: no model has one of the tags.
        """
        if not tags:
            return self
        require_tags(tags, sorted({tag for entry in self.entries for tag in entry.tags}), str(self.path))
        return Manifest(self.path, tuple(entry for entry in self.entries if set(tags) & set(entry.tags)))

    def folder(self, entry: Entry) -> Path:
        """The folder that a model runs in: on this host, or on the hosts."""
        if entry.workdir is None:
            return self.path.parent
        return self.path.parent / (entry.workdir.ship or entry.workdir.host or "")

    def _require(self, entry: Entry) -> None:
        if entry.workdir is not None and entry.workdir.host is not None:
            return  # it is on the hosts, not here
        folder = self.folder(entry)
        if not folder.is_dir():
            raise FarmError(f"{self.path}: {entry.name}: there is no folder {folder}")
        if not (folder / entry.target.partition("::")[0]).exists():
            raise FarmError(f"{self.path}: {entry.name}: there is no {entry.target.partition('::')[0]} in {folder}")


def _line(path: Path, place: Sequence[int | str]) -> str:
    """Return `, line 3`: the line of the place in a YAML file, or of the part around a place that is missing."""
    node = yaml_nodes(path)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            pair = (node.value[step], node.value[step])
        else:
            pair = None
        if pair is None:
            break
        line, node = pair[0].start_mark.line + 1, pair[1]
    return f", line {line}"


def _keys(place: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand beside the unknown key at this place."""
    if place[0] != "models" or len(place) == 1:
        return list(_Models.model_fields)
    nested: dict[int | str, type[BaseModel]] = {"boards": BoardNeed, "workdir": Workdir}
    return list((nested[place[2]] if len(place) > 3 else Entry).model_fields)


def _first(error: ValidationError, raw: Any) -> str:
    """Return the first error in one line: the model, the key, and what it must be."""
    problem = error.errors()[0]
    place = list(problem["loc"])
    if place[:1] == ["models"] and len(place) > 1 and isinstance(place[1], int):
        entry = raw["models"][place[1]]
        place[:2] = [(isinstance(entry, dict) and entry.get("name")) or f"model {place[1] + 1}"]
    if problem["type"] == "extra_forbidden":
        keys = ", ".join(_keys(problem["loc"]))
        return f"{' '.join(map(str, place[:-1]))}: unknown key {place[-1]!r}; keys are {keys}".removeprefix(": ")
    if problem["type"] == "missing" and place:
        return f"{': '.join(map(str, place[:-1]))}: {place[-1]} is missing".removeprefix(": ")
    if problem["type"] == "value_error":
        message = str(problem["ctx"]["error"])
    else:
        message = in_plain_words(problem["type"], problem["msg"])
    return f"{': '.join(map(str, place))}: {message}" if place else "must have a list of 'models'"
