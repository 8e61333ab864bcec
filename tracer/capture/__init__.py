"""Recording what a model calls: every outermost ttnn operation with its arguments, written to a raw trace."""
