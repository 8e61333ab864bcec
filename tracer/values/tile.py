"""Tiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, TypedValue, Value
from tracer.values.spellings import fields_of, pair
from tracer.values.text import by


@dataclass(frozen=True, slots=True)
class Tile(TypedValue):
    """A tile; without arguments, the usual one of 32 x 32."""

    height: int = 32
    width: int = 32
    transpose_within_face: bool = False
    transpose_of_faces: bool = False

    NAMES: ClassVar[tuple[str, ...]] = ("Tile",)
    JSON_TYPES: ClassVar[tuple[str, ...]] = ("Tile",)

    @classmethod
    def describe(cls, live: Any) -> Tile:
        height, width = live.tile_shape
        return cls(height, width, bool(live.transpose_within_face), bool(live.transpose_of_faces))

    @classmethod
    def describe_unusual(cls, live: Any) -> Tile | None:
        """Describe a live tile; None if it is the usual one."""
        if live.tile_shape == _USUAL_SHAPE and not live.transpose_within_face and not live.transpose_of_faces:
            return None
        return cls.describe(live).unless_usual()

    def encode(self) -> dict[str, Any]:
        return {"type": "Tile", **self.as_json()}

    def as_json(self) -> dict[str, Any]:
        """Return the JSON of a tile inside a tensor."""
        return {
            "tile_shape": [self.height, self.width],
            "transpose_within_face": self.transpose_within_face,
            "transpose_of_faces": self.transpose_of_faces,
        }

    @classmethod
    def decode(cls, raw: Any) -> Tile:
        fields = fields_of(raw, "tile")
        if "tile_shape" in fields:
            height, width = pair(fields["tile_shape"], "tile.tile_shape")
        elif type(fields.get("height")) is int and type(fields.get("width")) is int:
            height, width = fields["height"], fields["width"]
        else:
            raise ConfigurationError(f"tile must have a tile_shape, not {sorted(fields)}")
        within_face, of_faces = fields.get("transpose_within_face", False), fields.get("transpose_of_faces", False)
        return cls(height, width, bool(within_face), bool(of_faces))

    @classmethod
    def object_keys(cls) -> Mapping[str, Callable[[Any], Value]]:
        return {"tile_shape": cls.decode}

    @classmethod
    def parse_text(cls, text: str) -> Tile:
        """Read what ttnn prints of a tile.

        Raises:
            ValueError: it is no such text.
        """
        shape = text.removeprefix("Tile with shape: ")
        if shape == text:
            raise ValueError(text)
        return cls(*pair(shape, "Tile"))

    def build(self, builder: Builder) -> Any:
        return builder.ttnn.Tile((self.height, self.width), self.transpose_within_face or self.transpose_of_faces)

    def show(self) -> str:
        return f"Tile({self.text()})"

    def text(self) -> str:
        """Return the size, and how the tile is transposed."""
        turned = [name for name in ("transpose_within_face", "transpose_of_faces") if getattr(self, name)]
        return " ".join([by((self.height, self.width)), *turned])

    def unless_usual(self) -> Tile | None:
        """Return the tile; None if it is the usual one."""
        return None if self == _USUAL else self


_USUAL = Tile()
_USUAL_SHAPE = [_USUAL.height, _USUAL.width]
