"""Filters of traces by what can be verified: each a small function from a question and a completion to problems."""
