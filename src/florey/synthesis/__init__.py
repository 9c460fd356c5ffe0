"""Questions with certificates: patterns sampled from the graph, proved, worded, and proved again."""
