"""The formats of traces that are read: what people have of their models' calls, made by this project or not.

A file or folder goes in, one recorded call after another comes out; `tracer.formats.reader` makes configurations of
them, each once. A format is one file here and one line in `tracer.formats.reader`. It may use `tracer.schemas`,
`tracer.values` and what is below; ttnn is not needed, nor any library, since a worker reads masters, too.
"""
