"""The Ray node of a host: the farm's token, starting and ending the node, and the host's own record of it.

It knows nothing of boards, runs or the registry.
"""
