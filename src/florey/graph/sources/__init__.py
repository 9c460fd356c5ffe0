"""One short file a source: nodes and statements with their evidence, streamed."""
