"""What a trace claims about the entities of its question, and what the certificate says to it."""
