"""From names to vectors: which configurations or module vectors run, on which kinds of boards, opened how.

Selection, device configs, estimates, shards, plans kept on disk, resuming and dry runs. It lists sweep modules through
a worker and reads earlier runs from the store; it runs nothing.
"""
