"""Everything that uses Ray: the actors of boards, the fleet of a run, and the local cluster of a host by itself.

A farm of many hosts has four folders: `nodes`, `registry`, `hosts` and `jobs`. No other room imports Ray, and here all
modules take it from `ray_client`. Boards are run by `farm.board`'s supervisor, inside an actor.
"""
