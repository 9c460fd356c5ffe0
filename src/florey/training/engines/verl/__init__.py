"""verl on Ray, for many machines, in an environment of its own (its pins do not go with those here).

This package writes what it reads, starts it, and brings home what it leaves. Pinned to verl 0.9.1; docs/verl.md says
what was run.
"""

from florey.training.engines.verl.engine import VerlEngine

__all__ = ["VerlEngine"]
