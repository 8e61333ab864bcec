"""tracer knows operations and their configurations: typed values, the master file, capture from a model, views.

Rooms, each of which imports only those before it: `values`, `schemas`, `master`, `capture`, `zoo`. Two modules are
entry points: `pytest -p tracer.plugin` and `python -m tracer.script`. It needs no Ray, and ttnn only to capture and to
rebuild.
"""
