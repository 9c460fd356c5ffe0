"""Prompts, and the answers of a local model to them."""
