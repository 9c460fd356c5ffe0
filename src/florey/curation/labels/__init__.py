"""Whether the key of a question is right: a strong model's independent trials, and people who review what it doubts."""
