"""`farm vectors`: list, count or write the vectors of sweep modules."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from farm.cli.common import note
from farm.cli.spec_options import SpecOptions, takes_spec
from farm.core.errors import ExitCode, NothingSelected
from farm.core.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from farm.core.sweep_spec import SweepSpec
    from farm.planning.equal_vectors import EqualVectors
    from farm.sweeps.records import CountedRecord, ListedVector

_WIDEST = 160


class VectorsFormat(str, Enum):
    """What `--out` writes."""

    FARM = "farm"
    TT_METAL = "tt-metal"


@takes_spec(("modules", "suite", "skip", "tt_metal", "sweeps", "master", "tags", "import_timeout", "boards"))
def vectors(
    options: SpecOptions,
    vectors_file: Annotated[
        Path | None,
        typer.Option("--from", help="List the vectors of a file that --out wrote, or of tt-metal's exports, instead."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "--output",
            "-o",
            help="Write the vectors to a file for `farm sweep --vectors`, and count them; with --format tt-metal, to a "
            "folder.",
        ),
    ] = None,
    out_format: Annotated[
        VectorsFormat,
        typer.Option(
            "--format",
            help="What to write: farm's own file, or the folder of exports that tt-metal's runner reads "
            "(vectors_export).",
        ),
    ] = VectorsFormat.FARM,
    count: Annotated[bool, typer.Option("--count", help="Only count the vectors, by module and suite.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a line of JSON for each vector.")] = False,
) -> None:
    """List the vectors of sweep modules. They are streamed, so a suite may have any number.

    Example: farm vectors --module eltwise.unary --count
    """
    from farm.core.merged_vectors import sentence
    from farm.core.sweep_command import listing_command
    from farm.planning.equal_vectors import EqualVectors
    from farm.sweeps.records import ListedVector, ModuleProblem, VectorCount

    every_module = {} if "modules" in options.typed or vectors_file is not None else {"modules": ("*",)}
    spec = options.spec(vectors_file=vectors_file, **every_module)
    equal = EqualVectors()
    for_export = out_format is VectorsFormat.TT_METAL
    records = _records(spec, equal, out, counts=count and vectors_file is None, for_export=for_export)
    quiet = count or out is not None
    counts: Counter[tuple[str, str, str]] = Counter()
    problems = 0
    for record in records:
        if isinstance(record, ModuleProblem):
            problems += record.reason is not Reason.NO_VECTORS
            note(record.message)
        elif isinstance(record, ListedVector):
            counts[record.imported.module.name, record.suite, "invalid" if record.invalid is not None else ""] += 1
            if not quiet:
                typer.echo(_json(record) if as_json else _line(record))
        elif isinstance(record, VectorCount):
            counts[record.imported.module.name, record.suite, "invalid" if record.invalid else ""] += record.vectors
    if merged := sentence(equal.merged):
        note(merged)
    if quiet:
        _print_counts(counts, out)
    if problems:
        raise typer.Exit(ExitCode.TEST_FAILED)
    if not counts:
        command = shlex.join([*listing_command(spec), "--count"])
        raise NothingSelected(f"there is no vector in this selection: `{command}` counts all")


def _records(
    spec: SweepSpec, equal: EqualVectors, out: Path | None, *, counts: bool, for_export: bool
) -> Iterator[CountedRecord]:
    """What the modules define: vectors, which are written to `out`, or if only `counts` are needed, how many."""
    from farm.board.selection import select_boards
    from farm.core.listing_detail import Detail
    from farm.planning.module_records import counted_records, module_records, selected_modules
    from farm.sweeps import dumps
    from farm.sweeps.export_writer import ExportWriter

    boards = select_boards(spec.boards)
    if counts and out is None:
        counted = counted_records(spec, selected_modules(spec), boards, Detail.JUDGED_COUNTS, note)
        yield from equal.unique(counted)
        return
    detail = Detail.EXPORT_FORMS if for_export else Detail.VECTORS
    records = module_records(spec, boards, note, equal, detail=detail)
    if out is None:
        yield from records
    elif for_export:
        writer = ExportWriter(out)
        yield from writer.write(records)
        for line in writer.warnings():
            note(line)
    else:
        yield from dumps.write(out, records)


def _print_counts(counts: Counter[tuple[str, str, str]], out: Path | None) -> None:
    for (name, suite, state), number in counts.items():
        typer.echo(f"{number:8}  {name}  {suite}{'  ' + state if state else ''}")
    noun = "vector" if counts.total() == 1 else "vectors"
    typer.echo(f"{counts.total():8}  {noun}" + (f" in {out}" if out else ""))


def _json(listed: ListedVector) -> str:
    return json.dumps({"module": listed.imported.module.name, "suite": listed.suite, **listed.as_json()})


def _line(listed: ListedVector) -> str:
    text = ", ".join(
        [f"{name}={json.dumps(value, separators=(',', ':'))}" for name, value in listed.values.items()]
        + [f"{name}=(vector {listed.index} of its suite)" for name in listed.unwritten]
    )
    if listed.invalid is not None:
        text = f"invalid, {listed.invalid}: {text}"
    text = text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
    return f"{listed.input_hash[:16]}  {listed.imported.module.name}  {listed.suite}  {text}"
