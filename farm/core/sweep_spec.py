"""The spec of a sweep: one declaration for the command line, the Python API and the run's record.

A field's `Option` says how the command line writes it. `farm sweep` gets its options from these fields, `farm.sweep`
takes them by name, a run in the store keeps them, and `farm.core.sweep_command` prints the command of a spec. So a new
option of `farm sweep` is one field here, and one line in `SweepOptions` for type checkers.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from farm.core.board import AUTO
from farm.core.errors import FarmError, WrongValue
from farm.core.measures import MODES
from farm.core.numeric_options import InputStyle
from farm.core.option_rules import SPEC_RULES, misfits
from farm.core.payload import MODEL_TRACED
from farm.core.plain_words import in_plain_words
from farm.core.shard import Shard
from farm.core.spec_option import Flag, Group, Option
from farm.core.spec_values import Count, MaybeSeconds, Modes, Place, Seconds, Style, Texts, Times
from farm.core.ttnn_choice import TtnnChoice
from farm.core.worker_options import WorkerOptions

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from farm.core.sweep_options import SweepOptions


class SweepSpec(WorkerOptions):
    """What a sweep runs, on which boards and how. Immutable; two specs are equal if they run the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    suite: Annotated[
        str | None,
        Option(
            "--suite",
            Group.WHAT,
            "model_traced runs the configurations of a master. For sweep modules: the suites to run, separated by "
            "commas. Default: all suites.",
        ),
    ] = None
    operations: Annotated[
        Texts,
        Option(
            "--op",
            Group.WHAT,
            "Run only this operation of the master, in any spelling. Repeatable, or separated by commas.",
            python_help="Run only these operations of the master, in any spelling.",
        ),
    ] = ()
    master: Annotated[
        Place, Option("--master", Group.WHAT, "A master or a capture. Default: the master that farm ships.")
    ] = None
    tags: Annotated[
        Texts,
        Option(
            "--tag",
            Group.WHAT,
            "Run only what models with this tag use, as `farm trace --zoo` recorded it in the master. Repeatable, or "
            "separated by commas.",
            python_help="Run only what models with one of these tags use, as `farm trace --zoo` recorded it.",
        ),
    ] = ()
    models: Annotated[
        Texts, Option("--model", Group.WHAT, "Only what models use with this text in their source; `*` is any text.")
    ] = ()
    modules: Annotated[
        Texts,
        Option(
            "--module",
            Group.WHAT,
            "Sweep modules: a name, its first parts (`eltwise.unary`), a glob (`*unary*`), or a path. Repeatable, or "
            "separated by commas.",
            python_help="Sweep modules: names, their first dotted parts, globs, or paths.",
        ),
    ] = ()
    skip: Annotated[
        Texts, Option("--skip", Group.WHAT, "Leave out these modules: names, their first parts, globs, or paths.")
    ] = ()
    tt_metal: Annotated[
        Place,
        Option(
            "--tt-metal",
            Group.WHAT,
            "The tt-metal checkout that has the modules; with --sweeps, the one whose packages they import. Default: "
            "the checkout around the working directory.",
        ),
    ] = None
    sweeps: Annotated[
        Place, Option("--sweeps", Group.WHAT, "A folder or file of sweep modules, instead of a tt-metal checkout.")
    ] = None
    vectors_file: Annotated[
        Place,
        Option(
            "--vectors",
            Group.WHAT,
            "Run the vectors of a file that `farm vectors --out` wrote, or of tt-metal's exports: a file, or a folder "
            "such as vectors_export, beside --sweeps or --tt-metal.",
        ),
    ] = None
    import_timeout: Annotated[
        Seconds, Option("--import-timeout", Group.WHAT, "Seconds that importing one sweep module may take.")
    ] = 120.0
    check_module: Annotated[
        Place,
        Option(
            "--check-module",
            Group.WHAT,
            "A sweep module of the operation: run it alongside farm's generic runner and compare the verdicts.",
        ),
    ] = None
    vectors: Annotated[
        Texts,
        Option(
            "--vector",
            Group.WHAT,
            "Run only the vector with this id, of a report, or this input_hash. Repeatable, or separated by commas.",
            python_help="Run only the vectors with these ids, as reports name them, or with these hashes of tt-metal.",
        ),
    ] = ()
    shard: Annotated[
        str | None,
        Option(
            "--shard", Group.WHAT, "K/N: run the Kth of N equal shares of the plan. All hosts compute the same shares."
        ),
    ] = None
    limit: Annotated[Count, Option("--limit", Group.WHAT, "Run at most N vectors: the first ones of the plan.")] = None
    sample: Annotated[Count, Option("--sample", Group.WHAT, "Run at most N vectors, chosen at random.")] = None
    seed: Annotated[
        int,
        Option(
            "--seed",
            Group.WHAT,
            "The same seed chooses the same random sample, and makes the same input numbers on boards that compute.",
        ),
    ] = 0

    boards: Annotated[
        str,
        Option(
            "--boards",
            Group.BOARDS,
            "auto: this host's boards, or mocks where it has none. Or a list, such as `mock:n300*2,mock:t3000/n300`.",
        ),
    ] = AUTO
    address: Annotated[
        str | None,
        Option(
            "--address",
            Group.BOARDS,
            "Use the boards of a farm: HOST:PORT of its head (see `farm up`). Default: this host's boards.",
        ),
    ] = None
    ttnn: Annotated[
        str | None,
        Option(
            "--ttnn",
            Group.BOARDS,
            "Use only boards with one of these versions of ttnn: a version specifier, such as `--ttnn '>=0.80'`. "
            "Default: any.",
        ),
    ] = None

    timeout: Annotated[Seconds, Option("--timeout", Group.LIMITS, "Seconds that one vector may take.")] = 30.0
    retries: Annotated[
        Annotated[int | None, Field(ge=0)],
        Option(
            "--retries",
            Group.LIMITS,
            "How many times a failed vector is tried again. Default: once after a crash or a hang, twice after it was "
            "killed from outside, never after another failure.",
        ),
    ] = None
    max_time: Annotated[
        MaybeSeconds, Option("--max-time", Group.LIMITS, "Start no new vectors after this many seconds.")
    ] = None
    max_board_time: Annotated[
        MaybeSeconds,
        Option("--max-board-time", Group.LIMITS, "Give a board no new vectors after it ran for this many seconds."),
    ] = None

    measure: Annotated[
        Modes,
        Option(
            "",
            Group.MEASURES,
            f"What to measure of each vector besides its verdict, of {', '.join(MODES)}.",
            (
                Flag("--perf", "perf", "Time each vector's run, and a warm one after it."),
                Flag(
                    "--perf-with-cache",
                    "perf_with_cache",
                    "Time a run with empty program and kernel caches, and a run with warm ones.",
                ),
                Flag("--device-perf", "device_perf", "Read the device profiler, if ttnn is built with it."),
                Flag("--measure-memory", "memory", "Measure the L1 memory of each vector; works on mock boards too."),
            ),
        ),
    ] = ()
    watcher: Annotated[bool, Option("--watcher", Group.MEASURES, "Run under tt-metal's watcher.")] = False

    inputs: Annotated[
        Style,
        Option(
            "--inputs",
            Group.NUMBERS,
            "How input numbers are drawn. auto: like the traced values where the trace has their statistics, otherwise "
            "by the operation's domain.",
        ),
    ] = InputStyle.AUTO
    canary: Annotated[
        bool | None,
        Option(
            "--canary",
            Group.NUMBERS,
            "Fill the memory around outputs with a pattern, and fail a call that writes there. Default: where that "
            "costs little.",
            off="--no-canary",
        ),
    ] = None
    repeat: Annotated[
        Times,
        Option(
            "--repeat",
            Group.NUMBERS,
            "Run each vector N times with the same inputs, and fail it if its outputs are not the same bit by bit.",
        ),
    ] = 1

    tolerances: Annotated[
        Place,
        Option(
            "--tolerances",
            Group.NUMBERS,
            "A YAML file with tolerances of your own. They come before farm's, which `farm ops --tolerances` lists.",
        ),
    ] = None

    priority: Annotated[
        int,
        Option(
            "--priority",
            Group.FARM,
            "On a farm, a run of higher priority gets boards first. Ties go to the oldest run.",
        ),
    ] = 0
    max_boards: Annotated[
        Count, Option("--max-boards", Group.FARM, "Use at most N boards at a time. Default: all.")
    ] = None

    @classmethod
    def of(cls, operations: Sequence[str] = (), **options: Unpack[SweepOptions]) -> SweepSpec:
        """Create a spec from a user's options.

        Raises:
            FarmError: an option is unknown, of the wrong type or out of range, or two options exclude each other.
        """
        values: dict[str, Any] = {"operations": operations, **options}
        try:
            return cls(**values)
        except ValidationError as error:
            raise _first_problem(error) from error

    def updated(self, operations: Sequence[str] | None = None, **changes: Unpack[SweepOptions]) -> SweepSpec:
        """Return a copy with some fields replaced, validated again.

        Raises:
            FarmError: see `of`.
        """
        values: dict[str, Any] = {**self.model_dump(), **changes}
        return type(self).of(**values if operations is None else {**values, "operations": operations})

    def of_vectors(self, vector_ids: Sequence[str]) -> SweepSpec:
        """Return a spec that runs only these vectors of this spec's plan, whichever share or sample they are in."""
        # the seed of a sample of modules' vectors is of no use without it; that of a master's also makes the inputs
        seed = 0 if self.of_modules else self.seed
        return self.updated(vectors=vector_ids, shard=None, sample=None, seed=seed, limit=None)

    def in_foreground(self) -> SweepSpec:
        """Return a spec for this host's terminal, where neither a farm nor a limit takes part."""
        usual = SweepSpec()
        return self.updated(
            boards=self.boards if self.address is None else usual.boards,
            address=usual.address,
            priority=usual.priority,
            max_boards=usual.max_boards,
            timeout=usual.timeout,
            retries=usual.retries,
            max_time=usual.max_time,
            max_board_time=usual.max_board_time,
        )

    def with_absolute_paths(self) -> SweepSpec:
        """Return a spec whose paths mean the same from any working directory."""
        return self.model_copy(update={name: value.absolute() for name, value in self if isinstance(value, Path)})

    def as_json(self) -> dict[str, Any]:
        """Return every field that is not at its default, as JSON."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def present_options(self, groups: Collection[Group] = tuple(Group)) -> Iterator[str]:
        """The options of the command line that write the fields which aren't at their default; `--suite` is not one.

        Args:
            groups: only options of these groups.
        """
        for name, option in options().items():
            value = getattr(self, name)
            if option.group not in groups or name == "suite" or value == type(self).model_fields[name].default:
                continue
            yield from option.written(value)

    @property
    def of_modules(self) -> bool:
        """Whether it runs sweep modules rather than a master's configurations."""
        return bool(self.modules or self.tt_metal or self.sweeps or self.vectors_file)

    @property
    def narrows(self) -> bool:
        """Whether it runs some vectors of its plan only."""
        return bool(self.vectors) or any(each is not None for each in (self.shard, self.limit, self.sample))

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites by name; empty for all."""
        return tuple(part.strip() for part in (self.suite or "").split(",") if part.strip())

    @model_validator(mode="before")
    @classmethod
    def _default_suite(cls, values: Any) -> Any:
        """A spec that names no modules runs a master: say so, so that equal specs compare equal."""
        if not isinstance(values, dict):
            return values
        of_modules = any(values.get(name) for name in ("modules", "tt_metal", "sweeps", "vectors_file"))
        # tags are of the models in a master, which only this suite of a module is made of
        whole = of_modules and not values.get("tags")
        return {**values, "suite": values.get("suite") or (None if whole else MODEL_TRACED)}

    @field_validator("operations", "tags", "models", "vectors")
    @classmethod
    def _without_commas(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(part.strip() for name in names for part in name.split(",") if part.strip())

    @field_validator("shard")
    @classmethod
    def _readable_shard(cls, shard: str | None) -> str | None:
        return None if shard is None else str(Shard.parse(shard))

    @field_validator("ttnn")
    @classmethod
    def _readable_specifier(cls, ttnn: str | None) -> str | None:
        return None if ttnn is None else TtnnChoice.parse(ttnn).specifier

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for misfit in misfits(SPEC_RULES, set(self.present_options())):
            raise FarmError(misfit.message)
        if not self.of_modules and self.suite != MODEL_TRACED:
            if difflib.get_close_matches(self.suite or "", [MODEL_TRACED]):
                raise FarmError(f"no suite {self.suite!r}: did you mean {MODEL_TRACED}?")
            raise FarmError(
                f"no suite {self.suite!r}: give --suite {MODEL_TRACED} for the configurations of a master, or name "
                "sweep modules, which have suites of their own, with --module"
            )
        return self


@lru_cache(maxsize=1)
def options() -> dict[str, Option]:
    """How the command line writes each field, in the order of the fields."""
    return {
        name: next(each for each in field.metadata if isinstance(each, Option))
        for name, field in SweepSpec.model_fields.items()
    }


def field_help() -> str:
    """Every field with its meaning, for `help()`."""
    return "\n".join(f"    {name}: {option.python_help or option.help}" for name, option in options().items())


def _first_problem(error: ValidationError) -> FarmError:
    """Return pydantic's first error in farm's words."""
    problem = error.errors(include_url=False)[0]
    name = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        return FarmError(f"there is no option {name!r}: options are {', '.join(SweepSpec.model_fields)}")
    return WrongValue(name, problem["input"], in_plain_words(problem["type"], problem["msg"], problem.get("ctx")))


SweepSpec.__doc__ = f"{SweepSpec.__doc__}\n\nAttributes:\n{field_help()}\n"
