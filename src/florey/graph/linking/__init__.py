"""From text to graph ids: the one mechanism for discovery, rendered questions, benchmarks and contamination."""
