"""Florey: from a medical knowledge graph to a trained and audited reasoning model."""

__version__ = "0.1.0"
