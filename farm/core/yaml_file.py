"""Reading of a user's YAML file, with one clear line where it can't be read, within bounds of size and depth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from farm.core.errors import FarmError

LARGEST_FILE = 4 * 2**20
"""Bytes of a file at most."""
MOST_LEVELS = 64
"""Lists and mappings that may be around a value."""


MOST_NODES = 100_000
"""Values, lists and mappings of a file, each counted as often as aliases repeat it."""


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much a node is with all that its aliases repeat."""

    nodes: int
    levels: int


class _BoundedLoader(yaml.SafeLoader):
    """Reads plain data that is neither too large nor too deep, also where aliases make much of few lines."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._level = 0
        self._extents: dict[yaml.Node, _Extent] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node.

        Raises:
            YAMLError: it is nested too deep, is too large, or is an alias of what it stands in.
        """
        if self._level > MOST_LEVELS:
            raise yaml.YAMLError(f"nested deeper than {MOST_LEVELS} levels")
        is_alias = bool(self.check_event(yaml.AliasEvent))
        self._level += 1
        node = super().compose_node(parent, index)
        self._level -= 1
        if node is not None and node not in self._extents:
            if is_alias:
                raise yaml.YAMLError("an alias stands inside of what it names")
            self._extents[node] = self._extent(node)
        return node

    def _extent(self, node: yaml.Node) -> _Extent:
        children: list[yaml.Node] = []
        if isinstance(node, yaml.SequenceNode):
            children = node.value
        elif isinstance(node, yaml.MappingNode):
            children = [each for pair in node.value for each in pair]
        extents = [self._extents[child] for child in children]
        extent = _Extent(1 + sum(each.nodes for each in extents), 1 + max((each.levels for each in extents), default=0))
        if extent.levels > MOST_LEVELS + 1:
            raise yaml.YAMLError(f"nested deeper than {MOST_LEVELS} levels")
        if extent.nodes > MOST_NODES:
            raise yaml.YAMLError(f"over {MOST_NODES} values, with those that aliases repeat")
        return extent


def read_yaml(path: Path, option: str = "") -> Any:
    """Read a YAML file.

    Args:
        path: the file.
        option: the option that names the file, for messages.

    Raises:
        FarmError: it can't be read, is too large or nested too deep, or is not YAML.
    """
    label = f"{option} {path}".strip()
    try:
        return _BoundedLoader(_text(path)).get_single_data()
    except OSError as error:
        raise FarmError(f"{label}: can't be read: {error.strerror or error}") from None
    except yaml.YAMLError as error:
        raise FarmError(f"{label}: not YAML: {' '.join(str(error).split())}") from None
    except ValueError as error:  # of the file's encoding, its size, or a value such as 2026-13-45
        raise FarmError(f"{label}: can't be read: {error}") from None


def yaml_nodes(path: Path) -> yaml.Node | None:
    """Return the nodes of a file that `read_yaml` has read, which know their lines."""
    return _BoundedLoader(_text(path)).get_single_node()


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"over {LARGEST_FILE >> 20} MiB")
    return content.decode()
