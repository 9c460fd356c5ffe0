"""A real Ray cluster on this machine: two nodes of one processor each."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

pytest.importorskip("ray", reason="needs the extra `ray`")


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made = Cluster()
    for _ in range(2):
        made.add_node(num_cpus=1, include_dashboard=False, object_store_memory=80 * 2**20)
    import ray

    ray.init(address=made.address, log_to_driver=False)  # once: joining takes seconds
    yield made.address
    ray.shutdown()
    made.shutdown()
