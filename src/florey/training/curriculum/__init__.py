"""Which questions are asked next, how often, and when a stage ends: independent of the engine that trains on them.

Every part is a small class with `observe`, `state_dict`, `load_state_dict` and `metrics`; what it knows is plain JSON,
so that a killed run goes on with the state it had.
"""
