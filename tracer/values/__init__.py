"""Typed values of arguments, and the configurations that they make up.

What a live ttnn object, a trace or a master holds becomes one of these values, and goes back to each form from here.
"""
