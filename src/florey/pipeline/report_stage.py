"""The stage that gathers what the others left and writes report.html and summary.json."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from florey.evaluation.benchmarks import EvaluationScore
from florey.evaluation.comparison import Compared
from florey.evaluation.scoring import StageScore
from florey.evaluation.staircase import STAGES, Comparison
from florey.files import read_json, read_jsonl
from florey.graph.store import Graph
from florey.pipeline.benchmark_stage import COMPARED, SCORES
from florey.pipeline.data_stages import SPLIT_RULE
from florey.pipeline.leaving_out import told
from florey.pipeline.manifest import MANIFEST, Manifest, read_manifest
from florey.pipeline.recipe import Recipe
from florey.pipeline.report_examples import EXAMPLES_RULE, choose_examples
from florey.pipeline.runner import Context
from florey.pipeline.scoring import CONTAMINATION
from florey.records import TIERS, Question, Strength, Tier
from florey.reporting.benchmark_data import Benchmarks, StageBenchmarks
from florey.reporting.curation_data import Curation, Teaching
from florey.reporting.data import (
    CurvePoint,
    Fact,
    GraphCounts,
    GroupRow,
    Licence,
    ManifestLink,
    PhaseRow,
    Plateau,
    PlateauPoint,
    Questions,
    Reasoning,
    ReportData,
    Round,
    Run,
    StageResult,
    TraceRow,
)
from florey.reporting.render import write_report

REPORT, SUMMARY = "report.html", "summary.json"
GRAPH = "Human Phenotype Ontology"
LIMITATIONS = (
    "Right and wrong are relative to one graph. Where a distractor's exclusion rests on the closed world, the graph "
    "may simply not have recorded the finding; the share of such exclusions is stated above.",
    "The default policy is a small model that knows a few diseases and nothing else of medicine. What it shows is "
    "that the chain works end to end, not that a model is fit for any clinical use.",
    "One run is one seed. The intervals cover the choice of questions, clustered by answer, not the seed; "
    "perf/staircase.py repeats the run over seeds and beside equal-compute controls.",
    "The questions come from templates. Accuracy on them does not carry over to examinations or to patients.",
)


def make_report(recipe: Recipe, stages: tuple[str, ...], rounds: tuple[str, ...], context: Context) -> dict[str, Any]:
    manifests = {name: _manifest(context[name]) for name in stages}
    evaluation = context["evaluation"]
    scores, reasoning = read_json(evaluation / "scores.json"), read_json(evaluation / "reasoning.json")
    results = [
        StageResult(name=name, score=StageScore.model_validate(scores[name]))
        for name in ("base", "cold_start", "stage1", "stage2")
        if name in scores
    ]
    data = ReportData(
        title=recipe.title or recipe.name,
        run=_run(recipe, manifests),
        graph=_graph(context, manifests["graph"]),
        stages=tuple(results),
        comparisons=tuple(Comparison.model_validate(each) for each in read_json(evaluation / "comparisons.json")),
        benchmarks=_benchmarks(context["benchmarks"]) if "benchmarks" in manifests else None,
        reasoning=tuple(
            Reasoning.model_validate({"stage": stage.name, "tier": tier} | reasoning[stage.name][tier])
            for stage in results
            for tier in TIERS
            if tier in reasoning.get(stage.name, {})
        ),
        curve=tuple(_curve(context, ("stage1", *rounds))),
        groups=tuple(_group_rows(context, ("stage1", *rounds))),
        phases=tuple(_phase_row(context, phase) for phase in ("stage1", *rounds)),
        plateau=_plateau(context),
        rounds=tuple(_rounds(context, rounds, manifests)),
        examples=tuple(choose_examples(recipe, context)),
        examples_rule=EXAMPLES_RULE,
        questions=_questions(context, manifests),
        curation=_curation(manifests, context),
        traces=tuple(_traces(manifests["traces"])),
        traces_dropped=manifests["traces"].counts["dropped"],
        teachers=manifests["traces"].counts["teachers"],
        teaching=_teaching(manifests["traces"]),
        licences=tuple(_licences(Graph.open(context["graph"]), manifests)),
        manifests=tuple(
            ManifestLink(title=name, href=f"{name}/{MANIFEST}", digest=manifest.digest)
            for name, manifest in manifests.items()
        ),
        limitations=LIMITATIONS,
    )
    write_report(data, context.out / REPORT, context.out / SUMMARY)
    return {"stages": len(results), "examples": len(data.examples)}


def _benchmarks(folder: Path) -> Benchmarks:
    compared = folder / COMPARED
    return Benchmarks(
        stages=tuple(
            StageBenchmarks(
                stage=name,
                score=EvaluationScore.model_validate(found["score"]),
                details=found["details"],
            )
            for name, found in sorted(read_json(folder / SCORES).items(), key=lambda each: STAGES.index(each[0]))
        ),
        compared=Compared.model_validate(read_json(compared)) if compared.is_file() else None,
        contamination=read_json(folder / CONTAMINATION),
    )


def _manifest(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    assert manifest is not None, folder  # the runner has just checked it
    return manifest


def _run(recipe: Recipe, manifests: dict[str, Manifest]) -> Run:
    base = manifests["base"].counts
    grpo = recipe.grpo
    generations = Counter[str]()
    for manifest in manifests.values():
        generations.update(manifest.counts.get("generations", {}))
    facts = {
        "Parameters": f"{base['parameters']:,}",
        "Cold start": told(recipe.cold_start, manifests["cold_start"].counts) if recipe.cold_start else "none",
        "Advantage": "reward minus group mean, not divided by the standard deviation",
        "Loss": f"{grpo.loss}"
        + (
            f" (sum over an answer's tokens / {grpo.max_new_tokens}: the paper's equation up to that constant, "
            "with clipping, which is inactive while every batch is used once)"
            if grpo.loss == "dr_grpo"
            else " (the paper sums over an answer's tokens)"
        ),
        "Reward": f"{grpo.reward.correct:g} x correct + {grpo.reward.format:g} x format",
        "Rollouts per prompt": f"stage 1: {recipe.stage1.rollouts}, stage 2: {recipe.stage2.rollouts}",
        "Generations": ", ".join(f"{name} {count:,}" for name, count in sorted(generations.items())),
        "Evaluated on": f"the {recipe.evaluation.split} split, greedy",
        "Threads": str(recipe.threads),
    }
    return Run(
        recipe=recipe.name,
        policy=recipe.policy.model or "small Llama-architecture model from its seed",
        seed=recipe.seed,
        facts=tuple(Fact(label=label, value=value) for label, value in facts.items()),
    )


def _graph(context: Context, manifest: Manifest) -> GraphCounts:
    counts = manifest.counts
    relations = counts["edges"]["by_relation"]
    totals = {name: parts["all"] for name, parts in relations.items()}
    return GraphCounts(
        name=GRAPH,
        release=counts["release"],
        digest=counts["digest"],
        nodes={kind: sum(parts.values()) for kind, parts in counts["nodes"]["by_type"].items() if parts},
        edges={name: total for name, total in totals.items() if total},
        negative=sum(parts["all"] - parts.get(Strength.ASSERTED.value, 0) for parts in relations.values()),
        dropped=counts["dropped"],
    )


def _questions(context: Context, manifests: dict[str, Manifest]) -> Questions:
    """Counts over the training questions and, where the recipe has one, the survey of the whole graph."""
    sources = [name for name in ("survey", "questions") if name in manifests]
    compositions = [manifests[name].counts["composition"] for name in sources]
    curated = manifests["curated"].counts
    tiers: dict[str, dict[str, int]] = {tier: {} for tier in TIERS}
    for split, found in curated["tiers"].items():
        for tier, count in found.items():
            tiers.setdefault(tier, {})[split] = count
    dropped = Counter(curated["dropped"])
    splits = Counter(curated["splits"])
    if survey := curated.get("survey"):
        dropped.update(survey["dropped"])
        splits["survey"] = survey["kept"]
        for tier, count in survey["tiers"].items():
            tiers.setdefault(tier, {})["survey"] = count
    distractors = _total(each["distractors_excluded_by"] for each in compositions)
    return Questions(
        generated=sum(each["questions"] for each in compositions),
        metapaths=_total(each["metapaths"] for each in compositions),
        rejected=_total(manifests[name].counts["rejected"] for name in sources),
        dropped=dict(dropped),
        splits=dict(splits),
        tiers=tiers,
        strengths={Strength(name): count for name, count in _total(each["strength"] for each in compositions).items()},
        rarity=compositions[0].get("rarity", {}),
        closed_world_only=distractors.get(Strength.CLOSED_WORLD.value, 0) / max(sum(distractors.values()), 1),
        split_rule=SPLIT_RULE,
    )


def _total(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total = Counter[str]()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))


def _curation(manifests: dict[str, Manifest], context: Context) -> Curation:
    counts = manifests["curated"].counts
    met = context["curated"] / "contamination.json"
    examples = {row["benchmark"]: row["examples"] for row in read_json(met)["benchmarks"]} if met.is_file() else {}
    sources = manifests["public"].counts["sources"] if "public" in manifests else {}
    contamination = counts.get("contamination", {})
    return Curation.model_validate(
        {
            "funnel": counts["funnel"],
            "sources": [
                {"name": name} | {key: value for key, value in row.items() if key != "licences"}
                for name, row in sources.items()
            ],
            "labels": counts.get("labels"),
            "agreement": counts.get("agreement", ()),
            "benchmarks": [
                row | {"examples": examples.get(row["benchmark"], ())} for row in contamination.get("benchmarks", ())
            ],
            "detectors_off": contamination.get("off", {}),
            "mixture": counts.get("mixture", ()),
        }
    )


def _teaching(manifest: Manifest) -> Teaching | None:
    found = manifest.counts.get("model")
    return Teaching.model_validate(found) if found else None


def _traces(manifest: Manifest) -> list[TraceRow]:
    return [
        TraceRow.model_validate(
            {"strategy": name, "generated": row["generated"], "passed": row["checked"], "trained": row["kept"]}
        )
        for name, row in manifest.counts["strategies"].items()
    ]


def _curve(context: Context, phases: tuple[str, ...]) -> list[CurvePoint]:
    """Rollout accuracy per tier and step, the steps counted through all phases."""
    points, offset = [], 0
    for phase in phases:
        rows = [json.loads(line) for line in (context[phase] / "log.jsonl").read_text().splitlines()]
        for row in rows:
            for tier in TIERS:
                if seen := row["tiers"].get(tier):
                    points.append(
                        CurvePoint(
                            phase=phase,
                            step=offset + row["step"],
                            tier=tier,
                            accuracy=seen["accuracy"],
                            n=seen["n"],
                            prompts=seen["prompts"],
                        )
                    )
        offset += len(rows)
    return points


def _group_rows(context: Context, phases: tuple[str, ...]) -> list[GroupRow]:
    """Each phase's log, tier by tier: means over the steps, weighted by their rollouts."""
    made = []
    for phase in phases:
        rows = [json.loads(line)["tiers"] for line in (context[phase] / "log.jsonl").read_text().splitlines()]
        for tier in TIERS:
            seen = [row[tier] for row in rows if tier in row]
            if seen:
                means = {name: _weighted(seen, name) for name in GroupRow.model_fields if name in seen[0]}
                made.append(GroupRow(phase=phase, tier=tier, rollouts=sum(row["n"] for row in seen), **means))
    return made


def _phase_row(context: Context, phase: str) -> PhaseRow:
    rows = [json.loads(line) for line in (context[phase] / "log.jsonl").read_text().splitlines()]

    def mean(name: str, seen: list[dict[str, Any]]) -> float | None:
        known = [row[name] for row in seen if row.get(name) is not None]
        return sum(known) / len(known) if known else None

    few = max(1, len(rows) // 5)
    return PhaseRow(
        phase=phase,
        steps=len(rows),
        reward=mean("reward", rows) or 0.0,
        zero_variance=mean("zero_variance", rows) or 0.0,
        entropy_first=mean("entropy", rows[:few]),
        entropy_last=mean("entropy", rows[-few:]),
        kl=mean("kl", rows),
        gradient=mean("grad_norm", rows),
        softened=int(rows[-1].get("curriculum", {}).get("softened", 0)) if rows else 0,
    )


def _weighted(rows: list[dict[str, Any]], name: str) -> float | None:
    known = [(row[name], row["n"]) for row in rows if row.get(name) is not None]
    return sum(value * n for value, n in known) / sum(n for _, n in known) if known else None


def _plateau(context: Context) -> Plateau:
    stored = read_json(context["stage1"] / "plateau.json")
    rule, history = stored["rule"], stored["history"]
    last = next((row for row in history if row["step"] == stored["fired_at"]), history[-1] if history else None)
    inputs = {"window": float(rule["window"]), "patience": float(rule["patience"]), "max slope": rule["max_slope"]}
    inputs["min zero-variance share"] = rule["min_zero_variance"]
    if last:
        inputs |= {"slope": last["slope"], "p of slope = 0": last["p"], "zero-variance share": last["zero_variance"]}
    return Plateau(
        rule=(
            f"Over the last {rule['window']} steps the mean reward climbs by at most {rule['max_slope']:g} a step, or "
            f"a test for slope = 0 does not refuse it at {rule['significance']:g}, and "
            f"at least {rule['min_zero_variance']:.0%} of the groups have no variance, {rule['patience']} steps in a "
            f"row, not before step {rule['min_steps']}."
        ),
        fired_at=stored["fired_at"],
        inputs=inputs,
        zero_variance_limit=rule["min_zero_variance"],
        trail=tuple(
            PlateauPoint(step=row["step"], reward=row["reward"], zero_variance=row["zero_variance"]) for row in history
        ),
    )


def _rounds(context: Context, rounds: tuple[str, ...], manifests: dict[str, Manifest]) -> list[Round]:
    mining = {name: read_json(context[name] / "mining.json") for name in rounds}
    tier_of = {q.id: q.tier for q in read_jsonl(context["curated"] / "train.jsonl", Question)} if rounds else {}
    still = set(read_json(context["evaluation"] / "aftermath.json")["still_failing"]) if rounds else set()
    made = []
    for number, name in enumerate(rounds):
        counts, own = manifests[name].counts, mining[name]
        mined = set(own["mined"])
        # After a round that is not the last, the next round's mining says what is solved.
        after = set(mining[rounds[number + 1]]["failed"]) if number + 1 < len(rounds) else still
        made.append(
            Round(
                name=f"round {number + 1}",
                answered=own["answered"],
                failures=len(own["failed"]),
                failures_by_tier=_by_tier(tier_of[question] for question in own["failed"]),
                asked_right=counts["mix"]["asked"]["right"],
                asked_wrong=counts["mix"]["asked"]["wrong"],
                got_right=counts["mix"]["got"]["right"],
                got_wrong=counts["mix"]["got"]["wrong"],
                tiers=counts["tiers"],
                rollouts=counts["rollouts_per_prompt"],
                mined=len(mined),
                solved_after=len(mined - after),
                failing_last=len(mined & still),
            )
        )
    return made


def _by_tier(tiers: Iterable[Tier | None]) -> dict[Tier, int]:
    counts = Counter(tiers)
    return {tier: counts[tier] for tier in TIERS if counts[tier]}


def _licences(graph: Graph, manifests: dict[str, Manifest]) -> list[Licence]:
    """The lines of the graph and of the public sets: "name of the licence or part: attribution"."""
    made = []
    sources = manifests["public"].counts["sources"] if "public" in manifests else {}
    lines = [(GRAPH, line) for line in graph.licences]
    lines += [(name, line) for name, row in sources.items() for line in row["licences"]]
    if "benchmarks" in manifests:
        lines += [("evaluated on", line) for line in manifests["benchmarks"].counts["licences"]]
    for source, line in lines:
        head, _, attribution = line.partition(": ")
        link = re.search(r"https?://[^\s,)]+", line)
        made.append(
            Licence(source=source, licence=head, attribution=attribution or line, url=link.group() if link else None)
        )
    return made
