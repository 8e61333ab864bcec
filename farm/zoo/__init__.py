"""Tracing a zoo: every model of a manifest, as vectors of a run on the farm's boards.

`manifest` reads the file that names the models and what each needs, `run` makes a run of them and merges their traces
into a master, and `traces` keeps the raw traces as they arrive, so that an interrupted run can be continued. It may use
planning, running and the store; `farm.board` runs each model.
"""
