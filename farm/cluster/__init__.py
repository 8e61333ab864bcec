"""Everything that uses Ray: the local cluster, board actors, the fleet of a run, the farm's hosts, registry and jobs.

No other room imports Ray. Boards are run by `farm.board`'s supervisor, inside an actor.
"""
