"""ttnn's graph: what `ttnn.graph.end_graph_capture` returns and `end_graph_capture_to_file` writes.

A JSON array of nodes, alone or under `graph` in a report. A node of type `function_start` on the first level is a call.
Newer ttnns name the Python operation there and write its arguments to a file beside the report, `*.python_io.json`,
which is read in place of the graph; the graph alone has the tensors only. Older ones have the arguments in the node, or
only ttnn's own operations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracer.errors import ConfigurationError, TraceFormatError
from tracer.formats.base import Loss, RecordedCall, TraceItem
from tracer.formats.graph_capture import GraphCapture
from tracer.formats.json_stream import members
from tracer.formats.printed import read_tensor_row
from tracer.formats.printed_calls import alike, printed_configuration
from tracer.formats.recognition import GRAPH
from tracer.names import canonical
from tracer.values import Lost, Value
from tracer.values.configuration import Configuration, Execution

_BESIDE = ".python_io.json"
_HELPERS = ("Tensor::", "tt::tt_metal::")
"""What the names of C++ functions begin with that are no operations."""


def is_beside_report(file: Path) -> bool:
    """Return whether a file holds the arguments of a graph report that is beside it."""
    return file.name.endswith(_BESIDE) and file.with_name(f"{file.name.removesuffix(_BESIDE)}.json").is_file()


class GraphReport:
    """ttnn's graph of a capture."""

    name = GRAPH.name
    omits = GraphCapture.omits

    def read(self, path: Path) -> Iterator[TraceItem]:
        """Yield the calls."""
        sidecar = path.with_suffix(_BESIDE)
        if sidecar.is_file():
            yield from GraphCapture().read(sidecar)
            return
        graph = _Graph()
        nodes = 0
        for key, node in members(path):
            if key in ("", "graph"):
                nodes += 1
                try:
                    yield from graph.calls(node)
                except (KeyError, TypeError, AttributeError, ValueError) as error:
                    raise TraceFormatError(f"{path}: node {nodes} is no node of ttnn's graph: {error!r}") from None
        yield from graph.rest()
        if not nodes:
            raise TraceFormatError(f"{path}: a report without a graph")


@dataclass
class _Call:
    """A call whose nodes are being read.

    Attributes:
        name: as the graph has it.
        texts: its arguments, printed by C++; none in newer graphs.
        tensors: the counters of its tensors' nodes.
    """

    name: str
    texts: list[str]
    tensors: list[int] = field(default_factory=list)


class _Graph:
    """Reads the nodes of a graph in their order; memory is needed for a number for each tensor."""

    def __init__(self) -> None:
        self._tensors: dict[int, Value] = {}
        self._shared: dict[Value, Value] = {}
        self._call: _Call | None = None

    def calls(self, node: dict[str, Any]) -> Iterator[RecordedCall]:
        """Read the next node; yield the call that it ends."""
        kind = node["node_type"]
        if kind == "tensor":
            tensor = _tensor(node["params"])
            self._tensors[node["counter"]] = self._shared.setdefault(tensor, tensor)
        elif kind == "function_start":
            if node["stacking_level"] == 1:
                yield from self.rest()
                self._call = _Call(node["params"]["name"], [str(each) for each in node["arguments"]])
            # tensors of an operation without any of its own are those of the first operation inside it
            if self._call is not None and not self._call.tensors:
                self._call.tensors = list(node["input_tensors"])

    def rest(self) -> Iterator[RecordedCall]:
        """Yield the call whose nodes were read last."""
        call, self._call = self._call, None
        if call is not None and not call.name.startswith(_HELPERS):
            yield self._recorded(call)

    def _recorded(self, call: _Call) -> RecordedCall:
        operation = canonical(call.name)
        losses: tuple[Loss, ...] = ()
        if not call.name.startswith("ttnn"):
            losses = (Loss(operation, "", "how Python called it: it is an operation inside ttnn"),)
        if call.texts:
            texts = tuple((str(place), alike(text)) for place, text in enumerate(call.texts))
            configuration, printed = printed_configuration(operation, texts)
            return RecordedCall(configuration, Execution("", None, 1), (*printed, *losses))
        values = [self._tensors[each] for each in call.tensors if each in self._tensors]
        arguments = {f"tensor{place}": value for place, value in enumerate(values)}  # no parameter has such a name
        loss = Loss(operation, "", "which argument each tensor is, and all other arguments")
        return RecordedCall(Configuration(operation, arguments), Execution("", None, 1), (loss, *losses))


def _tensor(params: dict[str, Any]) -> Value:
    """Return the tensor of a node, of which older graphs say the shape alone."""
    try:
        storage = params.get("storage_type", "DEVICE" if "device_id" in params else "")
        return read_tensor_row(params["shape"], params["dtype"], params["layout"], params.get("memory_config"), storage)
    except (ConfigurationError, KeyError):
        return Lost(f"a tensor of {params.get('shape')}", "ttnn.Tensor")
