"""The farm's registry on its head: which hosts and boards there are, which run has which board, and which are held.

`registry` decides, without any IO. `service` is the Ray actor around it, and how to reach it. `records` are
the messages.
"""
