"""A language model as teacher: traces that it finds itself, traces that it is told the answer for, and repairs."""
