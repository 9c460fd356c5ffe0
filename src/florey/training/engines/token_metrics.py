"""Entropy and KL by tier: TRL has one number for all, and a policy may explore in one tier and be set in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TIER = "florey_tier"
"""Beside a batch's tensors, which TRL shuffles and splits together: each rollout's tier by its place."""
TOKENS, ENTROPY, KL = range(3)


class TierMeter:
    """Sums over the tokens of one step's updates, in this process; `taken` adds those of all processes."""

    def __init__(self, tiers: Sequence[str]) -> None:
        self.tiers = sorted(set(tiers))
        self._heard: tuple[Any, Any] | None = None
        self._sums: Any = None
        self._has_kl = False

    def places(self, rows: Sequence[Mapping[str, Any]], device: Any) -> Any:
        """The tier of every rollout, by its place."""
        import torch

        return torch.tensor([self.tiers.index(row["tier"] or "none") for row in rows], device=device)

    def hear(self, logps: Any, entropies: Any) -> None:
        """Of the forward pass that the loss is made of. Both have the shape (rollouts, tokens)."""
        self._heard = logps.detach(), entropies.detach()

    def add(self, batch: Mapping[str, Any]) -> None:
        """The batch that the loss was made of."""
        if self._heard is None or batch.get(TIER) is None:
            return
        import torch

        (logps, entropies), self._heard = self._heard, None
        mask, reference = batch["completion_mask"], batch.get("ref_per_token_logps")
        kl = torch.zeros_like(logps)
        if reference is not None:
            self._has_kl = True
            kl = torch.exp(reference - logps) - (reference - logps) - 1  # as the loss has it (k3)
        values = torch.stack([mask.sum(1), (entropies * mask).sum(1), (kl * mask).sum(1)], dim=1).double()
        if self._sums is None:
            self._sums = torch.zeros((len(self.tiers), 3), dtype=torch.float64, device=values.device)
        self._sums.index_add_(0, batch[TIER], values)

    def taken(self, accelerator: Any) -> dict[str, dict[str, float]]:
        """Means over the tokens since the last time, by tier; every process must ask."""
        if self._sums is None:
            return {}
        sums, self._sums = accelerator.reduce(self._sums, "sum").tolist(), None
        found = {}
        for tier, row in zip(self.tiers, sums, strict=True):
            if row[TOKENS]:
                found[tier] = {"entropy": row[ENTROPY] / row[TOKENS]}
                found[tier] |= {"kl": row[KL] / row[TOKENS]} if self._has_kl else {}
        return found
