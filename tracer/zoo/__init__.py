"""Models to trace: blocks of real networks at their published sizes, in plain ttnn, with random weights.

Each is a pytest test that takes the `device` or the `mesh_device` fixture, so that it runs on any board. `zoo.yaml`
names them all, and the master that ships with the project is what tracing them yields:

    farm trace --zoo tracer/zoo/zoo.yaml --master tracer/data/master.json
"""
