"""The formats of traces that are read: masters of version 1, version 2 and between, and tt-metal's raw traces.

JSON comes in, `tracer.values.configuration.Configuration`s go out; each format is one file, and a schema of masters one
line in `tracer.schemas.reader`. It may use `tracer.values` and what is below.
"""
