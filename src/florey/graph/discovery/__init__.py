"""The agent that navigates Wikipedia: what to read next, what it read, why, and what it got."""
