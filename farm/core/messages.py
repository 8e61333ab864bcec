"""The messages between a supervisor and its worker: requests, and the replies to each.

    Open        -> Opened | Refused
    Check       -> Checked
    Run         -> Finished for each vector, in order. Before one whose sweep module must be imported, or whose module's
                   fixture opens the board: Preparing, then Prepared. Before each run of a vector but its first:
                   RunBegins. After one that failed: Checked. Or Spent: sweep modules have left the process unusable,
                   and it ends without running the others.
    ListVectors -> ModuleImported, then VectorsListed, VectorsCounted and ListingProblem as they occur, then ListingEnd
    Relocate    -> Hello
    Close       -> nothing: the worker releases the board and ends

A worker's first message is Hello, or Unusable. `farm.core.message_json` writes and reads messages. Both modules need
only the standard library, since workers run under a host's own Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, TypeAlias

from farm.core.listing_detail import Detail
from farm.core.module_loader import ModuleLoader
from farm.core.payload import Payload, from_json
from farm.core.sweep_module import SweepModule
from tracer.device_config import DeviceConfig


class _Message:
    """The base of all messages: a tag, and fields of JSON types."""

    __slots__: tuple[str, ...] = ()
    tag: ClassVar[str]

    @property
    def described(self) -> str:
        """The message in a few words, for an error."""
        return self.tag

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON that `from_json` reads."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Any:
        """Read what `as_json` wrote."""
        return cls(**raw)


# Requests


@dataclass(frozen=True, slots=True)
class Open(_Message):
    """Open the board, after releasing it if it is open another way."""

    tag: ClassVar[str] = "open"
    config: DeviceConfig

    def as_json(self) -> dict[str, Any]:
        """See the base class."""
        return {"config": self.config.as_json()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Open:
        """See the base class."""
        return cls(DeviceConfig.from_json(raw["config"]))


@dataclass(frozen=True, slots=True)
class Check(_Message):
    """Check the open board, which should have `chips` chips."""

    tag: ClassVar[str] = "check"
    chips: int


@dataclass(frozen=True, slots=True)
class Run(_Message):
    """Run vectors on the open board, which should have `chips` chips. `encode_run` writes it from encoded payloads."""

    tag: ClassVar[str] = "run"
    payloads: tuple[Payload, ...]
    chips: int

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Run:
        """See the base class."""
        return cls(tuple(map(from_json, raw["payloads"])), raw["chips"])


@dataclass(frozen=True, slots=True)
class ListVectors(_Message):
    """Import a sweep module and list the vectors of some of its suites; of all if `suites` is None.

    Attributes:
        module: the module.
        suites: the names of the suites.
        exported: vectors of an export, each as `farm.sweeps.exports.ExportedVector.as_json` writes it, to list in place
            of the module's own; None for its own.
        detail: how much is listed of the module's own.
        former: whether its own are listed with the hashes that earlier versions of farm recorded.
    """

    tag: ClassVar[str] = "list_vectors"
    module: SweepModule
    suites: Sequence[str] | None = None
    exported: Sequence[Mapping[str, Any]] | None = None
    detail: Detail = Detail.VECTORS
    former: bool = False

    def as_json(self) -> dict[str, Any]:
        """See the base class."""
        return {**_Message.as_json(self), "module": self.module.as_json(), "detail": self.detail.value}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ListVectors:
        """See the base class."""
        detail, former = Detail(raw["detail"]), raw["former"]
        return cls(SweepModule.from_json(raw["module"]), raw["suites"], raw["exported"], detail, former)


@dataclass(frozen=True, slots=True)
class Relocate(_Message):
    """Work in another folder and print into another pipe: another supervisor has taken over."""

    tag: ClassVar[str] = "relocate"
    workdir: str
    output: str


@dataclass(frozen=True, slots=True)
class Close(_Message):
    """Release the board and end."""

    tag: ClassVar[str] = "close"


Request: TypeAlias = Open | Check | Run | ListVectors | Relocate | Close


# Replies


@dataclass(frozen=True, slots=True)
class Hello(_Message):
    """The worker has imported ttnn.

    Attributes:
        ttnn: its version; None without ttnn.
        python: Python's version.
        pid: the worker's process id.
    """

    tag: ClassVar[str] = "hello"
    ttnn: str | None
    python: str
    pid: int


@dataclass(frozen=True, slots=True)
class Unusable(_Message):
    """The worker can't work: ttnn can't be imported."""

    tag: ClassVar[str] = "unusable"
    message: str


@dataclass(frozen=True, slots=True)
class Opened(_Message):
    """The board is open.

    Attributes:
        chips: the number of open chips; None if a module's fixture opens the board later.
        grid: columns and rows of compute cores; None likewise.
        printed: see `Finished`.
    """

    tag: ClassVar[str] = "opened"
    chips: int | None = None
    grid: tuple[int, int] | None = None
    printed: int = 0

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Opened:
        """See the base class."""
        grid = raw["grid"]
        return cls(raw["chips"], None if grid is None else (grid[0], grid[1]), raw["printed"])


@dataclass(frozen=True, slots=True)
class Refused(_Message):
    """The board doesn't open with this device config, in ttnn's words."""

    tag: ClassVar[str] = "refused"
    message: str


class CheckProblem(str, Enum):
    """Why an open board doesn't pass its check."""

    NOT_OPEN = "not_open"
    """No board is open."""
    CHIPS_MISSING = "chips_missing"
    """ttnn sees fewer chips than the board has."""
    EXCEPTION = "exception"
    """The small operation of the check raised."""
    WRONG_RESULT = "wrong_result"
    """The small operation gave a wrong number."""


@dataclass(frozen=True, slots=True)
class Checked(_Message):
    """The board was checked.

    Attributes:
        problem: why it doesn't pass; None if it passes.
        message: the problem in words.
        printed: see `Finished`.
    """

    tag: ClassVar[str] = "checked"
    problem: CheckProblem | None = None
    message: str = ""
    printed: int = 0

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Checked:
        """See the base class."""
        problem = raw["problem"]
        return cls(None if problem is None else CheckProblem(problem), raw["message"], raw["printed"])


@dataclass(frozen=True, slots=True)
class Finished(_Message):
    """A vector ended.

    Attributes:
        vector_id: the vector.
        outcome: still JSON, for `farm.core.outcome.read_outcome`.
        printed: the mark in the worker's output: what follows belongs to the next vector.
    """

    tag: ClassVar[str] = "finished"
    vector_id: str
    outcome: Any
    printed: int = 0

    @property
    def described(self) -> str:
        """See the base class."""
        return f"{self.tag}, of vector {self.vector_id}"


@dataclass(frozen=True, slots=True)
class Preparing(_Message):
    """The worker begins a step for the next vector's module, which may take `seconds`."""

    tag: ClassVar[str] = "preparing"
    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Prepared(_Message):
    """The worker's last step is done."""

    tag: ClassVar[str] = "prepared"


@dataclass(frozen=True, slots=True)
class RunBegins(_Message):
    """The worker runs a vector again, with the same inputs. Each run may take as long as a vector may.

    Attributes:
        run: the run's number; the first one, which is not announced, is 1.
        outcome: that of the first run, which is final even if this run fails; None if this run counts, too.
    """

    tag: ClassVar[str] = "run_begins"
    run: int
    outcome: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModuleImported(_Message):
    """The sweep module is imported.

    Attributes:
        timeout: seconds that one of its vectors may take; None if it doesn't set a limit.
        fixture: whether its own fixture opens the board.
        suites: the names of all its suites.
        loaders: the loaders of traced configurations that it imported.
    """

    tag: ClassVar[str] = "module_imported"
    timeout: float | None
    fixture: bool
    suites: Sequence[str] = ()
    loaders: Sequence[ModuleLoader] = ()

    def as_json(self) -> dict[str, Any]:
        """See the base class."""
        return {
            "timeout": self.timeout,
            "fixture": self.fixture,
            "suites": self.suites,
            "loaders": [loader.as_json() for loader in self.loaders],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ModuleImported:
        """See the base class."""
        loaders = [ModuleLoader.from_json(each) for each in raw["loaders"]]
        return cls(raw["timeout"], raw["fixture"], raw["suites"], loaders)


@dataclass(frozen=True, slots=True)
class VectorsListed(_Message):
    """Some vectors of a suite, each as `farm.sweeps.records.ListedVector.as_json` writes it."""

    tag: ClassVar[str] = "vectors_listed"
    suite: str
    vectors: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class VectorsCounted(_Message):
    """The number of further vectors of a suite.

    Attributes:
        suite: the suite.
        vectors: how many.
        invalid: whether the module calls them invalid; false if they were not judged.
        grid: columns and rows of compute cores that they name.
        merged: how many more equal another vector of the suite.
    """

    tag: ClassVar[str] = "vectors_counted"
    suite: str
    vectors: int
    invalid: bool = False
    grid: tuple[int, int] = (1, 1)
    merged: int = 0

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> VectorsCounted:
        """See the base class."""
        return cls(**{**raw, "grid": (raw["grid"][0], raw["grid"][1])})


@dataclass(frozen=True, slots=True)
class Spent(_Message):
    """The process ends before the next vector: what sweep modules have left behind in it can't be put back."""

    tag: ClassVar[str] = "spent"


@dataclass(frozen=True, slots=True)
class ListingProblem(_Message):
    """The sweep module, or one of its suites, is broken.

    Attributes:
        message: the problem in words.
        suite: the suite; "" for the whole module.
        configuration: whether only one configuration of the master, or one vector of an export, is broken.
        input_hash: of the vector of an export; "" if it is something else.
    """

    tag: ClassVar[str] = "listing_problem"
    message: str
    suite: str = ""
    configuration: bool = False
    input_hash: str = ""


@dataclass(frozen=True, slots=True)
class ListingEnd(_Message):
    """All vectors of the module are listed."""

    tag: ClassVar[str] = "listing_end"


Listing: TypeAlias = ModuleImported | VectorsListed | VectorsCounted | ListingProblem | ListingEnd
Reply: TypeAlias = (
    Hello | Unusable | Opened | Refused | Checked | Finished | Preparing | Prepared | RunBegins | Spent | Listing
)
