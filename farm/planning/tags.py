"""The part of a master that some models use: those of some tags, or of some names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from farm.core.errors import NothingSelected, NotRunnable
from farm.core.files import write_atomically
from tracer.master.master import Master, shipped
from tracer.master.queries import names_source, tags_of, with_models, with_tags
from tracer.names import find


def tagged(master: Master, tags: Sequence[str], operations: Sequence[str] = ()) -> Master:
    """Return the part of a master that models with one of these tags use; all of it for no tags.

    What can't be read is in it unless it was seen in other models alone.

    Args:
        master: the whole master.
        tags: the tags.
        operations: operations of which there must be something in the part, in any spelling.

    Raises:
        NothingSelected: no model has one of the tags, or none with a tag uses an operation.
        UnknownOperation: the whole master has no such operation.
    """
    if not tags:
        return master
    require_tags(tags, tags_of(master), f"{master.path}")
    part = with_tags(master, tags)
    _require_operations(operations, master, part, f"no model with the tag {' or '.join(tags)}")
    return part


def of_models(master: Master, models: Sequence[str], operations: Sequence[str] = ()) -> Master:
    """Return the part of a master that was seen in models which one of these texts names; all of it for no texts.

    What can't be read is in it unless it was seen in other models alone.

    Args:
        master: the whole master.
        models: parts of sources, in which `*` stands for any text.
        operations: operations of which there must be something in the part, in any spelling.

    Raises:
        NothingSelected: a text names no source, or no such model uses an operation.
        UnknownOperation: the whole master has no such operation.
    """
    if not models:
        return master
    sources = {source for each in (*master, *master.broken) for source in each.sources}
    for text in models:
        if not any(names_source(text, source) for source in sources):
            raise NothingSelected(
                f"--model {text}: no source in {master.path} contains this text; `farm ops --stats` lists its models"
            )
    part = with_models(master, models)
    _require_operations(operations, master, part, f"no model named {' or '.join(models)}")
    return part


def _require_operations(operations: Sequence[str], master: Master, part: Master, who: str) -> None:
    """Check that a part of a master has something of each operation.

    Raises:
        NothingSelected: it has nothing of one.
    """
    for operation in operations:
        names = find(operation, master.configurations)
        if part.configurations.keys().isdisjoint(names):
            raise NothingSelected(f"--op {operation}: {who} uses {' or '.join(names)}")


def require_tags(tags: Sequence[str], existing: Sequence[str], where: str) -> None:
    """Check that each tag exists.

    Raises:
        NothingSelected: one doesn't; the text names those that do.
    """
    unknown = next((tag for tag in tags if tag not in existing), None)
    if unknown is None:
        return
    if not existing:
        raise NothingSelected(f"--tag {unknown}: {where} has no tags: models of a zoo have them (farm trace --zoo)")
    raise NothingSelected(f"--tag {unknown}: no model in {where} has this tag; tags are {', '.join(existing)}")


def tagged_file(master: Path | None, tags: Sequence[str]) -> Path:
    """Return a file with that part of a master, for sweep modules, which read a file.

    Operations that no such model uses have no configurations in it: a module of one has none to run, and is not at
    fault. The file is kept in the user's cache, by content: a worker may read it long after the plan was made.

    Raises:
        NothingSelected: see `tagged`.
        NotRunnable: it can't be written.
    """
    whole = Master.read(master or shipped())
    raw = json.loads(tagged(whole, tags).text())
    raw["operations"] = {name: {"configurations": []} for name in whole.configurations} | raw["operations"]
    text = json.dumps(raw)
    path = platformdirs.user_cache_path("farm") / "tagged" / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            write_atomically(path, text)
    except OSError as error:
        raise NotRunnable(f"--tag: can't write {path}: {error.strerror or error}") from error
    return path
