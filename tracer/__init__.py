"""tracer knows operations and their configurations: typed values, the master file, capture from a model, views.

It needs no Ray, and no ttnn except to capture.
"""
