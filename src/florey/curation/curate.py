"""Curation: from questions of all kinds to those that are trained and tested on; every drop has its reason.

Cheap stages come before dear ones, and redaction before anything is sent to a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from florey.curation import format as format_filter
from florey.curation.config import CurationConfig, JudgesConfig, LabelSettings
from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.find import find
from florey.curation.contamination.hits import Contamination
from florey.curation.difficulty.agreement import Agreement, agreements
from florey.curation.difficulty.features import DifficultyConfig, judge_by_features, tiered
from florey.curation.difficulty.judgement import Judgement, assign, by_question
from florey.curation.difficulty.rubric import judge_by_rubric
from florey.curation.difficulty.student import judge_by_student
from florey.curation.duplicates import NearConfig, duplicates
from florey.curation.funnel import Funnel, Row, Step
from florey.curation.labels.application import apply
from florey.curation.labels.verification import ReviewItem, verify_labels
from florey.curation.means import Means
from florey.curation.mixture import Part, mix
from florey.curation.privacy.config import PrivacyConfig
from florey.graph.linking.linker import Linker
from florey.inference.trials import run_trials
from florey.records import TIERS, Question, Trial


@dataclass
class Curated:
    """What is kept, in the order given, what is not, and what the stages found."""

    kept: list[Question] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)  # the funnel
    dropped: dict[str, int] = field(default_factory=dict)  # by reason
    dropped_items: list[tuple[str, str]] = field(default_factory=list)  # (id, reason), stage by stage
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    contamination: Contamination | None = None
    labels: dict[str, Any] = field(default_factory=dict)  # summary of label verification
    queue: list[ReviewItem] = field(default_factory=list)  # for reviewers
    trials: list[Trial] = field(default_factory=list)  # of verification and of the student
    judgements: list[Judgement] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    mixture: list[Part] = field(default_factory=list)

    @property
    def tiers(self) -> dict[str, dict[str, int]]:
        return count_tiers(self.kept)


def curate(questions: Iterable[Question], config: CurationConfig, means: Means | None = None) -> Curated:
    """Sends the questions through the stages that the config names. Which are kept does not depend on their order."""
    means, result = means or Means(), Curated()
    funnel = Funnel([question if question.id else question.identified() for question in questions])
    funnel.through("format", lambda left: _format(left, config))
    if privacy := config.privacy:
        funnel.through("privacy", lambda left: _privacy(left, privacy, means))
    near = NearConfig(config.near_threshold, config.permutations, config.shingle, config.seed)
    funnel.through("duplicates", lambda left: duplicates(left, near, config.semantic))
    if contamination := config.contamination:
        funnel.through("contamination", lambda left: _contamination(left, contamination, means, result))
    if labels := config.labels:
        funnel.through("labels", lambda left: _labels(left, labels, means, result))
    funnel.through("difficulty", lambda left: _difficulty(left, config.difficulty, config.judges, means, result))
    if mixture := config.mixture:

        def mixed(left: list[Question]) -> Step:
            found = mix(left, mixture)
            result.mixture = found.table
            return found.step

        funnel.through("mixture", mixed)
    result.kept, result.rows, result.seconds = funnel.questions, funnel.rows, funnel.seconds
    result.dropped, result.dropped_items = funnel.reasons, funnel.dropped
    return result


def _format(questions: list[Question], config: CurationConfig) -> Step:
    checks = tuple(check for check in format_filter.CHECKS if check.__name__ not in config.skip_checks)
    kept, dropped, noticed = [], [], Counter[str]()
    for question in questions:
        if reason := format_filter.fault(question, checks):
            dropped.append((question.id, reason))
            continue
        flags = format_filter.noticed(question)
        noticed.update(flags)
        kept.append(_flagged(question, flags))
    return Step(kept, dropped, dict(sorted(noticed.items())))


def _flagged(question: Question, flags: Sequence[str]) -> Question:
    if not flags:
        return question
    return question.model_copy(update={"flags": tuple(sorted({*question.flags, *flags}))})


def _privacy(questions: list[Question], config: PrivacyConfig, means: Means) -> Step:
    from florey.curation.privacy.allow import AllowList
    from florey.curation.privacy.questions import redact_questions
    from florey.curation.privacy.redactor import Redactor
    from florey.curation.privacy.spread import redact_on_cluster

    bar = means.bar("privacy")
    if means.ray:
        return redact_on_cluster(
            questions, config, means.graph, means.ray, lambda done: bar(min(done, len(questions)), len(questions))
        )
    allow = AllowList.of_graph(means.graph) if means.graph else None
    return redact_questions(questions, Redactor(config, allow), lambda done: bar(done, len(questions)))


def _contamination(questions: list[Question], config: ContaminationConfig, means: Means, result: Curated) -> Step:
    linker = Linker.of_graph(means.graph) if means.graph else None
    result.contamination = find(
        questions, means.benchmarks, config, linker, means.bar("contamination"), graph=means.graph
    )
    return result.contamination.step


def _labels(questions: list[Question], config: LabelSettings, means: Means, result: Curated) -> Step:
    """Questions with a certificate are verified only where the config says so."""
    asked = [question for question in questions if config.certified or question.certificate is None]
    trials = means.ask(
        config.model, "labels", lambda client: run_trials(client, asked, config.trials, means.bar("labels"))
    )
    verified = verify_labels(asked, trials, config)
    decided = apply(verified.step.kept, means.decisions)
    changed = dict(zip((question.id for question in asked), verified.step.kept, strict=True))
    gone = {question_id for question_id, _ in decided.dropped}
    kept_by_place = iter(decided.kept)
    kept = []
    for question in questions:
        if question.id not in changed:
            kept.append(question)
        elif question.id not in gone:
            kept.append(next(kept_by_place))
    result.labels, result.queue = verified.summary, verified.queue
    result.trials += [trial for question in asked for trial in trials[question.id]]
    noticed = dict(decided.noticed) | dict(verified.step.noticed)  # doubted: before the reviewers' decisions
    return Step(kept, decided.dropped, dict(sorted(noticed.items())))


def _difficulty(
    questions: list[Question], features: DifficultyConfig, judges: JudgesConfig, means: Means, result: Curated
) -> Step:
    scored = [tiered(question, features) for question in questions]
    said = judge_by_features(scored, features)
    if rubric := judges.rubric:
        said += means.ask(
            rubric.model, "rubric", lambda client: judge_by_rubric(client, scored, rubric, means.bar("rubric"))
        )
    if student := judges.student:
        trials = means.ask(
            student.model, "student", lambda client: run_trials(client, scored, student.trials, means.bar("student"))
        )
        said += judge_by_student(scored, trials, student)
        result.trials += [trial for question in scored for trial in trials[question.id]]
    if rubric or student:
        result.judgements, result.agreements = said, agreements(said)
    step = assign(scored, said, judges.combine, judges.order)
    # a tier that a question brought along stands where no judge says anything of it
    mute = {question_id for question_id, mine in by_question(said).items() if not any(each.tier for each in mine)}
    kept = [before if before.id in mute else after for before, after in zip(scored, step.kept, strict=True)]
    return replace(step, kept=kept)


def count_tiers(questions: Iterable[Question]) -> dict[str, dict[str, int]]:
    """Split -> tier -> number of questions, both in their natural order."""
    counts: Counter[tuple[str, str]] = Counter(
        (question.split or "unsplit", question.tier or "untiered") for question in questions
    )
    return {
        split: {tier: counts[split, tier] for tier in (*TIERS, "untiered") if counts[split, tier]}
        for split in ("train", "dev", "test", "unsplit")
        if any(key[0] == split for key in counts)
    }
