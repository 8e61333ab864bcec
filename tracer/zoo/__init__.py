"""Models to trace: blocks of real networks at their published sizes, in plain ttnn, with random weights.

Each is a pytest test that uses the `device` or the `mesh_device` fixture, so that it runs on any board; they need ttnn
and numpy. `zoo.yaml` lists them all, and the master that ships with the project is the result of tracing them:

    farm trace --zoo tracer/zoo/zoo.yaml --master tracer/data/master.json
"""
