"""scheduler knows work and boards only as protocols: a pure state machine, events in, instructions out.

It imports neither Ray nor ttnn, and does no IO; the clock is passed in.
"""
