"""The part of a master that the models of some tags use."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from farm.core.errors import NothingSelected, NotRunnable
from farm.core.files import write_atomically
from tracer.master.master import Master, shipped
from tracer.master.queries import tags_of, with_tags


def tagged(master: Master, tags: Sequence[str]) -> Master:
    """Return the part of a master that models with one of these tags use; all of it for no tags.

    Raises:
        NothingSelected: no model has one of the tags.
    """
    if not tags:
        return master
    require_tags(tags, tags_of(master), f"{master.path}")
    return with_tags(master, tags)


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

    It is kept in the user's cache, by content: a worker may read it long after the plan was made.

    Raises:
        NothingSelected: see `tagged`.
        NotRunnable: it can't be written.
    """
    text = tagged(Master.read(master or shipped()), tags).text()
    path = platformdirs.user_cache_path("farm") / "tagged" / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file():
            write_atomically(path, text)
    except OSError as error:
        raise NotRunnable(f"--tag: can't write {path}: {error.strerror or error}") from error
    return path
