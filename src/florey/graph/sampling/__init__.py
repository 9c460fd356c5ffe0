"""Sampling kernels over compressed sparse rows: exact draws of typed trees, and neighbourhoods.

compiled   how kernels are compiled and cached, and how a count of draws is shared out among threads
rng        counter-based random numbers: a draw depends on the seed and its place only, never on threads
alias      alias tables of a vector and of every row of a relation
tree       exact draws of trees of typed nodes (metapaths) with given weights
walks      walks with restart, forest fire, ego net
region     the nodes around some nodes
subgraph   a part of a graph as a graph of its own

Importing any of them imports numba, so they are imported where they are used.
"""
