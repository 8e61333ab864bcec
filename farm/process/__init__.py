"""The board process: the only process that imports ttnn, and the handle its keeper holds it by.

What runs inside the process needs the standard library and ttnn alone, since that is what a board's host has.
"""
