"""Where a results store is, as a type whose text never shows a password."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from farm.core.secret_texts import shown_url, url_secrets


@dataclass(frozen=True, slots=True, repr=False)
class StorePlace:
    """The path or database URL of a results store. Printing, formatting or logging it hides what is secret.

    `StorePlace.of` makes one; `reveal` is for opening the store, and for nothing else.
    """

    _text: str = field(repr=False)

    @classmethod
    def of(cls, place: Place) -> StorePlace:
        """Return the place of a path, a URL, or a place itself."""
        return place if isinstance(place, StorePlace) else cls(str(place))

    def reveal(self) -> str:
        """Return the path or URL with its password."""
        return self._text

    @property
    def is_url(self) -> bool:
        """Whether it is a URL, not a path."""
        return "://" in self._text

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be printed: the passwords, as they are written and decoded."""
        return url_secrets(self._text) if self.is_url else frozenset()

    def __str__(self) -> str:
        return shown_url(self._text) if self.is_url else self._text

    def __repr__(self) -> str:
        return f"StorePlace({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled: a place that travels takes its password along."""
        raise TypeError("a store's place stays in its process")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validate from a text, and serialise as the text that may be shown."""
        return core_schema.no_info_after_validator_function(
            cls.of,
            core_schema.union_schema([core_schema.is_instance_schema(cls), core_schema.str_schema()]),
            serialization=core_schema.to_string_ser_schema(),
        )


Place: TypeAlias = str | Path | StorePlace
"""How a store is named in Python: a file, a database URL, or a place made from one."""
