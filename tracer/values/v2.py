"""Version 2's form of every value: what masters hold, what hashes are taken of, what travels to a worker.

`encode` writes what tt-metal's own tracer writes of the same object, wherever it has a form for it: tensors, memory
configs, compute kernel configs and matmul program configs by field; everything else by class and printed text. A value
that those forms would lose something of gets one of this project's own, told by a key beside `type`: `fields`,
`member`, `items`, `handle` or `lost`. `decode` reads all of them, and the forms of tt-metal's tracer as it was and is.

`decode(encode(value)) == value` for every value, in the normal form that `tracer.values.types` describes.
"""

from __future__ import annotations

from tracer.values.decoding import decode
from tracer.values.encoding import encode

__all__ = ["decode", "encode"]
