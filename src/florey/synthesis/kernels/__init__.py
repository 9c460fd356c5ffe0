"""Compiled searches: what is true of a node, which nodes are kin, and which can stand as options."""
