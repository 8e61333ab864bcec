"""One host and its part in a farm: what it offers, its Ray node, joining and leaving, what it remembers of its boards.

`this_host` does for a host that is in no farm what the registry does for a farm. Uses `farm.board` and the registry.
"""
