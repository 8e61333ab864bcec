"""How each format is recognized, and where it is read. This module imports no reader: most files are masters."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass

from tracer.formats.base import FileHead, TraceFormat

_SQLITE = b"SQLite format 3\0"
_CAPTURE = re.compile(r'\[\s*\{\s*"name"\s*:\s*"[^"]*"\s*,\s*"arguments"\s*:\s*\{')
_GRAPH = re.compile(
    r'\[\s*\{[^][{}]{0,200}"(?:arguments|connections|counter|node_type)"\s*:|\{\s*"(?:cluster_descriptor|graph)"\s*:'
)
_MODULE = re.compile(
    r'(?:[#!][A-Za-z_]\w*\s*=\s*[#!\w("]|module\b|builtin\.module\b|"builtin\.module"|func\.func\b|"func\.func"'
    r'|"ttnn\.\w+"\s*\(|%[\w, %:#]+=\s*"?ttnn\.)'
)
_COMMENTS = re.compile(r"(?:\s+|//[^\n]*(?:\n|$))+")
_RAW_TRACE = '{"trace":'
_OPERATION = frozenset({"OP CODE", "OP NAME"})
_MEASURED = frozenset({"GLOBAL CALL COUNT", "DEVICE KERNEL DURATION [ns]"})


@dataclass(frozen=True, slots=True)
class FormatLine:
    """A line of the registry.

    Attributes:
        name: what the file is, for people: `ttnn graph capture`.
        reader: the `TraceFormat`, as `module:class` under this package.
        matches: returns whether a file is of this format, by how it begins.
    """

    name: str
    reader: str
    matches: Callable[[FileHead], bool]

    def load(self) -> TraceFormat:
        """Import the reader."""
        reader: type[TraceFormat] = pkgutil.resolve_name(f"tracer.formats.{self.reader}")
        return reader()


def _is_module(head: FileHead) -> bool:
    """Return whether a file begins like a module of MLIR."""
    comments = _COMMENTS.match(head.text)
    return _MODULE.match(head.text, comments.end() if comments else 0) is not None


def _is_operation_report(head: FileHead) -> bool:
    """Return whether a file's first line has the columns of Tracy's report."""
    columns = {cell.strip().strip('"') for cell in head.text.partition("\n")[0].split(",")}
    return bool(columns & _OPERATION and columns & _MEASURED)


def _is_folder_of_calls(head: FileHead) -> bool:
    """Return whether a folder holds files of one call each, at any depth."""
    if not head.is_folder:
        return False
    from tracer.formats.operation_trace import call_folders  # a reader, which files need not

    return bool(call_folders(head.path))


CAPTURE = FormatLine(
    "ttnn graph capture", "graph_capture:GraphCapture", lambda head: _CAPTURE.match(head.text) is not None
)
GRAPH = FormatLine("ttnn graph report", "graph_report:GraphReport", lambda head: _GRAPH.match(head.text) is not None)
VISUALIZER = FormatLine(
    "ttnn visualizer report", "visualizer_report:VisualizerReport", lambda head: head.data.startswith(_SQLITE)
)
TRACY = FormatLine("Tracy operation report", "tracy_csv:TracyCsv", _is_operation_report)
MODULE = FormatLine("MLIR module of ttnn operations", "mlir:Mlir", _is_module)
RAW_TRACE = FormatLine(
    "farm raw trace", "raw_trace:RawTrace", lambda head: head.text.replace(" ", "").startswith(_RAW_TRACE)
)
OPERATION_TRACE = FormatLine("ttnn operation trace", "operation_trace:OperationTrace", _is_folder_of_calls)

FORMATS = (CAPTURE, GRAPH, VISUALIZER, TRACY, MODULE, RAW_TRACE, OPERATION_TRACE)
"""Every format that is read beside masters; the first that matches counts."""
