"""The master file: reading, merging, comparing, showing and writing it.

Masters of any schema come in, as files or as JSON; version 2 goes out. It may use `tracer.schemas`, `tracer.values` and
what is below; ttnn is not needed.
"""
