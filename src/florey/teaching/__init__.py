"""Reasoning traces to imitate: written from a question's certificate, checked against it, chosen within a budget."""
