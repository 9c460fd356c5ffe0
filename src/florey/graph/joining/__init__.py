"""One entity for what several sources mean: candidates by rule, clusters under constraints, a log of every merge."""
