"""One async client for every language model that Florey asks: cached, retried, counted."""
