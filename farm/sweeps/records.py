"""What is known of modules' vectors before they are planned, from a worker or from a file of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from farm.core.module_loader import ModuleLoader
from farm.core.sweep_module import SweepModule
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason


@dataclass(frozen=True, slots=True)
class ImportedModule:
    """A module that a worker has imported.

    Attributes:
        module: the module.
        timeout: seconds that one of its vectors may take; None if the module doesn't say.
        fixture: whether its own fixture opens the board.
        suites: the names of all its suites.
        loaders: the loaders of traced configurations that it imported.
    """

    module: SweepModule
    timeout: float | None
    fixture: bool
    suites: tuple[str, ...]
    loaders: tuple[ModuleLoader, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it back."""
        own = {"timeout": self.timeout, "fixture": self.fixture, "suites": list(self.suites)}
        loaders = {"loaders": [loader.as_json() for loader in self.loaders]} if self.loaders else {}
        return {**self.module.as_json(), **own, **loaders}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ImportedModule:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is no imported module.
        """
        loaders = tuple(ModuleLoader.from_json(each) for each in raw.get("loaders", ()))
        return cls(SweepModule.from_json(raw), raw["timeout"], bool(raw["fixture"]), tuple(raw["suites"]), loaders)


@dataclass(frozen=True, slots=True)
class ExportForm:
    """What an export of tt-metal holds for a vector.

    Attributes:
        fields: the values, written as tt-metal writes them, and the fields of information.
        lost: how tt-metal's runner would read values differently, in words, by name.
    """

    fields: Mapping[str, Any]
    lost: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it back."""
        return {"fields": self.fields, "lost": self.lost}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ExportForm:
        """Read what `as_json` wrote."""
        return cls(raw["fields"], raw["lost"])


@dataclass(frozen=True, slots=True)
class ListedVector:
    """One vector of a module.

    Attributes:
        imported: its module.
        suite: its suite.
        index: its place there.
        input_hash: as tt-metal computes it.
        values: those that can be written down, encoded, by name.
        unwritten: why the others can't, by name.
        grid: columns and rows of compute cores that the values name.
        invalid: why the module calls it invalid; None if it is valid.
        broken: what is wrong with the module's `invalidate_vector`, if it can't judge this vector; else "".
        former_hash: as earlier versions of farm computed it; "" if it isn't needed, or the same.
        config_hash: of the traced configuration that it is; "" if it is none.
        sources: where that was seen.
        lost: the arguments that its trace lost.
        openings: how boards were opened where it was traced, if the trace says so.
        export_form: what an export of tt-metal holds for it; None if it was not requested.
    """

    imported: ImportedModule
    suite: str
    index: int
    input_hash: str
    values: Mapping[str, Any]
    unwritten: Mapping[str, str]
    grid: tuple[int, int]
    invalid: str | None = None
    former_hash: str = ""
    config_hash: str = ""
    sources: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    openings: tuple[TracedOpening, ...] = ()
    broken: str = ""
    export_form: ExportForm | None = None

    @classmethod
    def from_json(cls, imported: ImportedModule, suite: str, raw: Mapping[str, Any]) -> ListedVector:
        """Read what `as_json` wrote.

        Args:
            imported: the vector's module.
            suite: the vector's suite.
            raw: the JSON; what it leaves out is empty.

        Raises:
            KeyError, TypeError, ValueError, ConfigurationError: it is no vector.
        """
        columns, rows = raw["grid"]
        return cls(
            imported=imported,
            suite=suite,
            index=int(raw["index"]),
            input_hash=str(raw["hash"]),
            values=raw["values"],
            unwritten=raw.get("unwritten", {}),
            grid=(columns, rows),
            invalid=raw.get("invalid"),
            config_hash=raw.get("config_hash", ""),
            sources=tuple(raw.get("sources", ())),
            lost=tuple(raw.get("lost", ())),
            former_hash=raw.get("former_hash", ""),
            openings=tuple(TracedOpening.from_json(each) for each in raw.get("openings", ())),
            broken=raw.get("broken", ""),
            export_form=ExportForm.from_json(raw["export_form"]) if "export_form" in raw else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict without the module and suite, and without what is empty; `from_json` reads it back."""
        optional = {
            "former_hash": self.former_hash,
            "unwritten": self.unwritten,
            "invalid": self.invalid,
            "config_hash": self.config_hash,
            "sources": list(self.sources),
            "lost": list(self.lost),
            "openings": [each.as_json() for each in self.openings],
            "broken": self.broken,
            "export_form": None if self.export_form is None else self.export_form.as_json(),
        }
        # a module may call a vector invalid for no reason: "" counts
        present = {name: part for name, part in optional.items() if part or (name == "invalid" and part is not None)}
        return {
            "index": self.index,
            "hash": self.input_hash,
            "values": self.values,
            "grid": list(self.grid),
            **present,
        }


@dataclass(frozen=True, slots=True)
class VectorCount:
    """The number of further vectors of a module.

    Attributes:
        imported: their module.
        suite: their suite.
        vectors: how many.
        invalid: whether the module calls them invalid; false if they were not judged.
        grid: columns and rows of compute cores that their values name.
        merged: how many more equal another vector of the suite.
    """

    imported: ImportedModule
    suite: str
    vectors: int
    invalid: bool = False
    grid: tuple[int, int] = (1, 1)
    merged: int = 0


@dataclass(frozen=True, slots=True)
class ModuleProblem:
    """What is wrong with a module, or with one suite of it.

    Attributes:
        module: its name.
        suite: the suite, "" if it is the whole module.
        message: what is wrong.
        reason: BROKEN_MODULE; BROKEN_CONFIGURATION where one configuration of the master or one vector of an export is
            broken; NO_VECTORS if nothing is wrong, but there is nothing to run.
        input_hash: of the vector of an export; "" if it is something else.
    """

    module: str
    suite: str
    message: str
    reason: Reason = Reason.BROKEN_MODULE
    input_hash: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict; `from_json` reads it back."""
        raw = {"problem": self.message, "module_name": self.module, "suite": self.suite}
        if self.reason is not Reason.BROKEN_MODULE:
            raw["reason"] = self.reason.value
        return {**raw, "hash": self.input_hash} if self.input_hash else raw

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ModuleProblem:
        """Read what `as_json` wrote.

        Raises:
            KeyError, ValueError: it is no problem.
        """
        former = Reason.BROKEN_CONFIGURATION if raw.get("configuration") else Reason.BROKEN_MODULE
        reason = Reason(raw.get("reason", former))
        return cls(raw["module_name"], raw["suite"], raw["problem"], reason, raw.get("hash", ""))


Record: TypeAlias = ImportedModule | ListedVector | ModuleProblem
CountedRecord: TypeAlias = Record | VectorCount
"""A record where vectors are counted."""
