"""Recording what a model calls: every outermost ttnn operation with its arguments.

Live calls come in and go out as a raw trace, which is read back here into a master; so are tt-metal's raw traces.
It may use all other rooms of `tracer`, and needs ttnn only while it records.
"""
