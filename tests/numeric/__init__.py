"""A numeric double of boards that compute: outputs are right by construction, or bent in known ways.

It is for tests alone; no kind of board is made of it.
"""
