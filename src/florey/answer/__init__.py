"""THE grammar of an answer: ``<think>…</think><answer>X</answer>``.

Reward, evaluation, filters and audits all read completions with this room and with nothing else
(paper, section 3.3: the answer stands inside <answer></answer>).
"""

from florey.answer.grammar import INSTRUCTION, Parsed, completion, free_answers, judge, parse, show, shown, verdict

__all__ = ["INSTRUCTION", "Parsed", "completion", "free_answers", "judge", "parse", "show", "shown", "verdict"]
