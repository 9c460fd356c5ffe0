"""Which questions are kept: format filter, duplicates, difficulty tiers; every drop counted by reason."""
