"""The door: a web service on the head for people with tokens of their own, each with a role, and its client.

It alone has the farm's token. It takes HTTP requests, checks whose they are and what their role may do, and calls the
registry and Ray's job API. It may use every other part of `farm.cluster`; no other part imports it.
"""
