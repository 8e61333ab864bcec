"""One host and its part in a farm: the boards that it offers, joining and leaving, what it remembers of its boards.

`local_registry` does for a host that is in no farm what the registry does for a farm. Uses the registry and `nodes`.
"""
