"""Certificates replayed by code that shares nothing with the sampler but the records."""
