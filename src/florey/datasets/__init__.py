"""Every public set, for training and for evaluation alike: from a file in its native format to questions."""
