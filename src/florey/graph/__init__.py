"""The medical knowledge graph: sources, store, and presence over is-a."""
