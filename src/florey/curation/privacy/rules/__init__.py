"""What an identifier looks like, as data: one module a family, each with its `RULES`."""
