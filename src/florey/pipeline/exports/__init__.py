"""A stored evaluation in the formats of others: logs and tasks of inspect_ai, tasks of lm-evaluation-harness, a
leaderboard's JSON."""

from florey.pipeline.exports.inspect_log import export_inspect
from florey.pipeline.exports.leaderboard import export_leaderboard
from florey.pipeline.exports.lm_eval import export_lm_eval

__all__ = ["export_inspect", "export_leaderboard", "export_lm_eval"]
