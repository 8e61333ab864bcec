"""Words and records that every other room shares: verdicts, outcomes, payloads, boards, errors, settings.

Anything that several rooms pass to each other belongs here, as a frozen dataclass or an enum. It imports nothing of
farm above it; what the worker uses of it needs no package beyond the standard library.
"""
