"""A run, from planned vectors to a verdict for each: the driver, its translation to the scheduler, progress, Ctrl-C.

The driver carries out the scheduler's instructions and records every attempt before it counts. It never imports ttnn.
"""
