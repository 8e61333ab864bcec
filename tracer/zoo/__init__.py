"""Models to trace: blocks of real networks at their published sizes, in plain ttnn, with random weights.

Each is a pytest test that takes the `device` fixture, so that it runs on any board; `farm trace tracer/zoo` traces
them all. The master that ships with the project is made of them:

    farm trace tracer/zoo --board mock:n150 --master tracer/data/master.json
    farm trace tracer/zoo --board mock:n300 --master tracer/data/master.json
"""
