"""Wikipedia as text with offsets: dumps, the live API, and pages taken apart."""
