"""Tracing a zoo: every model of a manifest, as work on the farm's boards.

* `manifest`: the file that names the models, and what each needs.
* `shipping`: folders that go along to the hosts.
* `supervisor`: runs one model after the other on one board, in the place of vectors.
* `traces`: the raw traces, kept as they come, so that a run that ends early is gone on with.
* `run`: a whole run, from a manifest to a master.
"""
