"""ttnn's golden functions, called right and compared with. Runs in the worker alone.

Comes in: a call that was made, with host copies of its inputs; comes out: a judgement of each output, or why there is
none. `parameters` and `pairing` are pure; the others use ttnn and torch. It uses core, judging and tracer.
"""
