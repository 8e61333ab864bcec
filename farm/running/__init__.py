"""A run, from planned vectors to a verdict for each: driver, records, displays, watching, simulation, Ctrl-C.

Planned vectors, a fleet of boards and a store come in; the scheduler decides, the driver carries out its instructions,
and every attempt is recorded before it is shown. This room uses planning, report, cluster, board and store, and never
imports ttnn.
"""
