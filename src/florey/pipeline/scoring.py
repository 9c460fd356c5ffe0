"""Everything that can be said of a stored evaluation, written beside its predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from florey.curation.contamination.hits import BenchmarkRow
from florey.errors import BadInput
from florey.evaluation.benchmarks import EvaluationScore, evaluation_score
from florey.evaluation.free_verdicts import BY_GRAPH, BY_MODEL
from florey.evaluation.harm import HarmfulOptions
from florey.evaluation.judging import Agreement, Judgement, agreement, judge_with_model, judgement_scores, read_labels
from florey.evaluation.judging.judge import Grade
from florey.evaluation.long_tail import as_groups, long_tail, rare_diseases
from florey.evaluation.open_ended import FreeAnswer, FreeJudge, scored_free
from florey.evaluation.stored import Answered, Evaluation, open_evaluation
from florey.evaluation.verdicts import FreeScores, Policy
from florey.files import read_jsonl, write_json, write_jsonl
from florey.graph.linking.linker import Linker
from florey.graph.store import Graph
from florey.inference.models import ModelConfig, ask
from florey.llm.client import LlmClient
from florey.pipeline.scored_sets import Details, Known, score_sets
from florey.records import Question

SCORE, DETAILS, CONTAMINATION, AGREEMENT = "score.json", "details.json", "contamination.json", "agreement.json"
JUDGE_ANSWERS = "judge.sqlite"
Bar = Callable[[str], Callable[[int, int, str], None]]


@dataclass
class Findings:
    """What was found, and which files say it."""

    score: EvaluationScore
    details: dict[str, Details] = field(default_factory=dict)
    contamination: tuple[BenchmarkRow, ...] = ()
    agreement: dict[str, Agreement] = field(default_factory=dict)  # of the judge with people
    written: list[Path] = field(default_factory=list)


def score_folder(
    folder: Path,
    policy: Policy = "wrong",
    *,
    graph: Path | None = None,
    judge: ModelConfig | None = None,
    labels: Path | None = None,
    trained: Sequence[Path] = (),
    compatible: Sequence[str] = (),
    seed: int = 0,
    ray: str | None = None,
    bar: Bar,
) -> Findings:
    """Scores what `florey evaluate` stored, and writes score.json and details.json.

    `graph`: for what only a graph can tell; `judge`: the model that grades free answers of questions without a
    certificate, the only thing that is asked here; `labels`: grades of people for some of those answers; `trained`:
    files of questions that the model was trained on; `compatible`: names of scripts of others to score as well; `ray`:
    address of a cluster for what needs no graph and no judge.
    """
    evaluation = open_evaluation(folder)
    opened = Graph.open(graph) if graph else None
    free, outcomes = _free(evaluation, opened, judge, bar)
    groups = rare_groups(evaluation, opened, bar)
    progress = bar("scoring")
    whole, known = len(evaluation.sets), Known(groups, free, harmful_options(opened))
    made = score_sets(evaluation, policy, seed, compatible, known, lambda done, name: progress(done, whole, name), ray)
    progress(whole, whole, "")
    found = Findings(
        evaluation_score(
            evaluation,
            policy,
            [each.score for each in made.values()],
            {name: each.means for name, each in made.items()},
            seed=seed,
        ),
        {name: each.details.model_copy(update={"outcomes": outcomes.get(name, {})}) for name, each in made.items()},
    )
    _write(found, folder / SCORE, found.score.model_dump(mode="json"))
    _write(found, folder / DETAILS, {name: each.model_dump(mode="json") for name, each in found.details.items()})
    if labels:
        found.agreement = _agreement(evaluation, read_labels(labels), labels)
        _write(
            found, folder / AGREEMENT, {name: each.model_dump(mode="json") for name, each in found.agreement.items()}
        )
    if trained:
        found.contamination = contamination(evaluation, trained, opened, bar)
        _write(found, folder / CONTAMINATION, [row.model_dump(mode="json") for row in found.contamination])
    return found


def _write(found: Findings, path: Path, value: object) -> None:
    write_json(path, value)
    found.written.append(path)


def rare_groups(evaluation: Evaluation, graph: Graph | None, bar: Bar) -> dict[str, dict[str, dict[str, list[str]]]]:
    """Items of rare diseases by benchmark, where the graph knows which are rare."""
    if graph is None or not rare_diseases(graph):
        return {}
    linker, made = Linker.of_graph(graph, types={"disease"}), {}
    update = bar("rare diseases")
    for done, (name, answered) in enumerate(evaluation.sets.items(), 1):
        questions = answered.questions()
        made[name] = as_groups(long_tail(questions, graph, linker), questions)
        update(done, len(evaluation.sets), name)
    return made


def harmful_options(graph: Graph | None) -> HarmfulOptions | None:
    """None where the graph knows neither a contraindication nor a denied treatment."""
    linked = HarmfulOptions(graph) if graph else None
    return linked if linked and linked.knows_any else None


def _free(
    evaluation: Evaluation, graph: Graph | None, judge: ModelConfig | None, bar: Bar
) -> tuple[dict[str, FreeScores], dict[str, dict[str, int]]]:
    """(verdicts on free answers by benchmark, what became of them where the graph has judged)."""
    scores: dict[str, FreeScores] = {}
    outcomes: dict[str, dict[str, int]] = {}
    for name, answered in evaluation.sets.items():
        if answered.items.reading != "free":
            continue
        certified = all(question.certificate for question in answered.questions())
        if certified and graph:
            scores[name], outcomes[name] = _by_graph(answered, graph)
        elif judge:
            scores[name] = _by_model(answered, judge, bar)
        else:
            need = "--graph" if certified else "--judge-model"
            raise BadInput(f"{answered.folder}: answers in the model's own words; give {need} to have them judged")
    return scores, outcomes


def _by_graph(answered: Answered, graph: Graph) -> tuple[FreeScores, dict[str, int]]:
    by_id = {question.id: question for question in answered.questions()}
    judge, scores = FreeJudge(graph), {}
    said: list[FreeAnswer] = []
    for prediction in answered.predictions():
        if prediction.question_id in by_id:  # the others are named when verdicts are counted
            question = by_id[prediction.question_id]
            said.append(judge.judge(question, prediction))
            scores[question.id, prediction.sample] = scored_free(question, prediction, said[-1])
    write_jsonl(answered.folder / BY_GRAPH, said)
    counts: dict[str, int] = {}
    for each in said:
        counts[each.outcome.value] = counts.get(each.outcome.value, 0) + 1
    return scores, dict(sorted(counts.items()))


def _agreement(evaluation: Evaluation, labels: Mapping[tuple[str, int], Grade], file: Path) -> dict[str, Agreement]:
    """Of the judge's grades that are stored with those of people. BadInput where none was graded by both."""
    made = {}
    for name, answered in evaluation.sets.items():
        stored = answered.folder / BY_MODEL
        if stored.is_file() and (found := agreement(list(read_jsonl(stored, Judgement)), labels)):
            made[name] = found
    if not made:
        raise BadInput(
            f"{file}: grades none of the answers that a judge has graded here; expected their ids and samples"
        )
    return made


def _by_model(answered: Answered, judge: ModelConfig, bar: Bar) -> FreeScores:
    questions, predictions = answered.questions(), list(answered.predictions())
    update = bar(f"judging {answered.items.name}")

    async def work(client: LlmClient) -> list[Judgement]:
        return await judge_with_model(client, questions, predictions, lambda done, total: update(done, total, ""))

    judgements = ask(judge, answered.folder.parent / JUDGE_ANSWERS, work)
    write_jsonl(answered.folder / BY_MODEL, judgements)
    return judgement_scores(questions, predictions, judgements)


def contamination(
    evaluation: Evaluation, trained: Sequence[Path], graph: Graph | None, bar: Bar
) -> tuple[BenchmarkRow, ...]:
    """How many items of each benchmark the training questions meet, by the detectors of curation."""
    from florey.curation.contamination.config import ContaminationConfig  # late: it compiles
    from florey.curation.contamination.find import find

    questions = [question for path in trained for question in read_jsonl(path, Question)]
    update = bar("contamination")
    met = find(
        questions,
        items_of(evaluation),
        ContaminationConfig(action="flag"),
        Linker.of_graph(graph) if graph else None,
        lambda done, total: update(done, total, ""),
        graph=graph,
    )
    return tuple(met.rows)


def items_of(evaluation: Evaluation) -> Mapping[str, Sequence[Question]]:
    return {name: answered.questions() for name, answered in evaluation.sets.items()}
