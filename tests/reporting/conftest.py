"""A realistic invented run: every figure of the report has something to show."""

import numpy as np
import pytest

from florey.answer import completion
from florey.evaluation.scoring import Scored, summarise
from florey.evaluation.staircase import STAGES, compare
from florey.records import (
    TIERS,
    Binding,
    Certificate,
    Condition,
    Difficulty,
    Edge,
    Evidence,
    OptionProof,
    Question,
    Strength,
    Support,
    Trace,
    Verdict,
)
from florey.reporting import curation_data as c
from florey.reporting import data as d

FINDINGS = {
    "HP:0001251": "Ataxia",
    "HP:0000639": "Nystagmus",
    "HP:0002066": "Gait ataxia",
    "HP:0000407": "Sensorineural hearing impairment",
}
DISEASES = {
    "OMIM:229300": "Friedreich ataxia 1",
    "OMIM:208900": "Ataxia-telangiectasia",
    "OMIM:277460": "Ataxia with isolated vitamin E deficiency",
    "OMIM:208920": "Ataxia, early-onset, with oculomotor apraxia and hypoalbuminemia",
}


def verdicts(rng, count, right, lost):
    """`count` verdicts: about `right` of them correct, about `lost` of them not parsed in one way or another."""
    draws = rng.random(count)
    others = rng.choice([Verdict.UNPARSED, Verdict.TRUNCATED, Verdict.SEVERAL], count, p=[0.5, 0.4, 0.1])
    return [
        Verdict.CORRECT if x < right[i] else other if x > 1 - lost else Verdict.WRONG
        for i, (x, other) in enumerate(zip(draws, others, strict=True))
    ]


def scored_stages(count=640, seed=5):
    rng = np.random.default_rng(seed)
    tier = rng.choice(3, count, p=[0.34, 0.4, 0.26])
    base = [
        Scored(
            question_id=f"q{i}",
            answer_id=f"OMIM:{rng.integers(0, count // 2)}",
            verdict=Verdict.WRONG,
            options=4 if i % 3 else 5,
            conditions=int(2 + tier[i]),
            tier=TIERS[tier[i]],
            metapath="findings_to_disease" if i % 4 else "findings_to_gene",
            rarity=float(rng.random()),
            tokens=int(rng.integers(20, 90)),
        )
        for i in range(count)
    ]
    levels = {"base": (0.11, 0.5), "cold_start": (0.46, 0.06), "stage1": (0.58, 0.03), "stage2": (0.61, 0.03)}
    fixed = rng.random(count)  # most items keep their verdict from stage to stage
    found = {}
    for stage, (level, lost) in levels.items():
        right = np.clip(level + 0.12 - 0.12 * tier, 0, 1)
        right = np.where(fixed < right, 0.93, 0.05 * level)
        found[stage] = [
            item.model_copy(update={"verdict": verdict})
            for item, verdict in zip(base, verdicts(rng, count, right, lost), strict=True)
        ]
    return found


def curve(seed=6):
    rng, points = np.random.default_rng(seed), []
    for step in range(1, 121):
        phase = "stage1" if step <= 60 else "stage2-round1" if step <= 90 else "stage2-round2"
        for number, tier in enumerate(TIERS):
            if phase == "stage1" and tier == "difficult":
                continue
            level = 0.62 - 0.16 * number + 0.25 * (1 - np.exp(-step / 25)) - (0.3 if phase != "stage1" else 0)
            n = int(rng.integers(24, 60))
            right = rng.binomial(n, np.clip(level, 0.02, 0.98))
            points.append(d.CurvePoint(phase=phase, step=step, tier=tier, accuracy=right / n, n=n, prompts=n // 8))
    return tuple(points)


def example(stem=None, thought="Ataxia: A, B, C, D. Sensorineural hearing impairment: A. So it is A."):
    options = tuple(DISEASES)
    findings = ("HP:0001251", "HP:0000639", "HP:0000407")
    held = {0: (1, 1, 1), 1: (1, 1, 0), 2: (1, 0, 0), 3: (1, 1, 0)}
    path, supports, references = [], [], {}
    for row, option in enumerate(options):
        cells = []
        for column, finding in enumerate(findings):
            present = bool(held[row][column])
            edge = Edge(
                id=f"e-{row}{column}",
                subject=option,
                relation="has_finding",
                object=finding,
                positive=present,
                evidence=Evidence(source="hpo", release="2025-01-16", reference=f"PMID:{8533768 + column}"),
            )
            if present:
                path.append(edge)
                references[edge.id] = edge.evidence.reference
                cells.append(Support(state="present", strength=Strength.ASSERTED, edges=(edge.id,)))
            elif row == 1:
                references[edge.id] = option
                cells.append(Support(state="absent", strength=Strength.ZERO_OF_N, edges=(edge.id,)))
            else:
                cells.append(Support(state="absent", strength=Strength.CLOSED_WORLD, completeness=0.83))
        supports.append(tuple(cells))
    proofs = tuple(
        OptionProof(
            option=option,
            satisfies=row == 0,
            bindings=(Binding(supports=cells),),
            strength=Strength.ASSERTED if row == 0 else max((c.strength for c in cells), key=lambda s: s.rank),
        )
        for row, (option, cells) in enumerate(zip(options, supports, strict=True))
    )
    question = Question(
        stem=stem
        or "A patient has Ataxia, Nystagmus and Sensorineural hearing impairment. Which disease fits all of them?",
        options=tuple(DISEASES.values()),
        option_ids=options,
        gold=0,
        source="hpo",
        tier="moderate",
        metapath="findings_to_disease",
        conditions=tuple(Condition(subject="?", relation="has_finding", object=finding) for finding in findings),
        path=tuple(path),
        certificate=Certificate(graph="5a1b", proofs=proofs, strength=Strength.CLOSED_WORLD, closed_world_share=2 / 3),
        difficulty=Difficulty(hops=1, conditions=3, options=4, rarity=0.8, overlap=0.6, score=0.5),
    ).identified()
    return d.Example(
        question=question,
        names=FINDINGS | DISEASES,
        references=references,
        trace=Trace(question_id=question.id, strategy="direct", text=completion(thought, 0), teacher="graph"),
        answers=(
            d.Answered(
                stage="cold_start",
                text=completion("Ataxia: A, B. Nystagmus: A, B. Hearing impairment: B.", 1),
                verdict=Verdict.WRONG,
            ),
            d.Answered(stage="stage2", text=completion(thought, 0), verdict=Verdict.CORRECT),
        ),
    )


def gene_example():
    """Two hops: a masked disease between the findings and the gene, and a distractor that fails by two bridges."""
    present = Support(state="present", strength=Strength.ASSERTED, edges=("e-1",))
    absent = Support(state="absent", strength=Strength.NEGATED, edges=("e-2",))
    proofs = (
        OptionProof(
            option="NCBIGene:2395",
            satisfies=True,
            bindings=(Binding(bridges=("OMIM:229300",), supports=(present, present)),),
            strength=Strength.ASSERTED,
        ),
        OptionProof(
            option="NCBIGene:472",
            satisfies=False,
            bindings=tuple(Binding(bridges=(bridge,), supports=(absent, present)) for bridge in list(DISEASES)[:2] * 3),
            strength=Strength.NEGATED,
        ),
    )
    question = Question(
        stem="A disease shows Sensorineural hearing impairment. Which gene is it associated with?",
        options=("FXN", "ATM"),
        option_ids=("NCBIGene:2395", "NCBIGene:472"),
        gold=0,
        source="hpo",
        tier="difficult",
        metapath="findings_to_gene",
        conditions=(
            Condition(subject="*", relation="has_finding", object="HP:0000407"),
            Condition(subject="*", relation="associated_gene", object="?"),
        ),
        certificate=Certificate(graph="5a1b", proofs=proofs, strength=Strength.NEGATED, closed_world_share=0.0),
    ).identified()
    return d.Example(
        question=question,
        names=FINDINGS | DISEASES,
        references={"e-1": "PMID:8533768", "e-2": "OMIM:208900"},
        answers=(
            d.Answered(stage="cold_start", text="<think>Hearing impairment:", verdict=Verdict.TRUNCATED),
            d.Answered(stage="stage2", text=completion("Hearing impairment fits FXN.", 0), verdict=Verdict.CORRECT),
        ),
    )


def rarity(share, distinct, size):
    """The chosen weights as given, beside invented even ones and ones by degree."""
    return d.Rarity(
        chosen=d.Draws(rarest_quartile_share=share, distinct=distinct, effective_sample_size=size),
        uniform=d.Draws(rarest_quartile_share=0.25, distinct=distinct * 1.2, effective_sample_size=size * 1.42),
        degree_proportional=d.Draws(
            rarest_quartile_share=share / 10, distinct=distinct / 1.3, effective_sample_size=size / 1.5
        ),
    )


def curation():
    def beside(found, of, by_chance):
        return c.BesideChance(found=found, of=of, by_chance=by_chance, share=found / of, lo=0.01, hi=0.09)

    return c.Curation(
        funnel=(
            c.FunnelRow(stage="format", given=7420, kept=7377, dropped={"html_remains": 31, "mojibake": 12}),
            c.FunnelRow(stage="privacy", given=7377, kept=7377, noticed={"date": 42, "person": 3}),
            c.FunnelRow(
                stage="duplicates", given=7377, kept=7120, dropped={"near_duplicate": 226, "exact_duplicate": 31}
            ),
            c.FunnelRow(stage="contamination", given=7120, kept=7101, dropped={"contaminated": 19}),
            c.FunnelRow(stage="labels", given=7101, kept=7101, noticed={"label_doubted": 74}),
            c.FunnelRow(stage="mixture", given=7101, kept=6143, dropped={"not_in_mixture": 958}),
        ),
        sources=(
            c.Source(name="medqa", rows=800, questions=792, skipped={"several_answers": 8}),
            c.Source(
                name="cmexam", rows=500, questions=480, skipped={"several_answers": 19, "no_answer": 1}, repeated=2
            ),
        ),
        labels=c.Labels(
            items=1272,
            passed=1150,
            doubted=74,
            undecided=48,
            trials=6360,
            verdicts={"correct": 5000, "wrong": 1100, "unparsed": 260},
            unparsed_share=0.04,
            by_options=(
                c.LabelRow(
                    options=4,
                    doubted=beside(50, 780, 185.1),
                    same_option=beside(31, 50, 0.6),
                    followed_letter=beside(3, 780, 0.8),
                ),
            ),
        ),
        agreement=(
            c.JudgesAgree(
                one="student",
                other="rubric",
                n=900,
                equal=0.51,
                equal_lo=0.48,
                equal_hi=0.54,
                kappa=0.31,
                kappa_lo=0.25,
                kappa_hi=0.37,
            ),
            c.JudgesAgree(one="features", other="rubric", n=40, equal=0.9, equal_lo=0.77, equal_hi=0.96),
        ),
        benchmarks=(
            c.Benchmark(
                benchmark="medbullets",
                items=308,
                items_hit=2,
                items_hit_lo=0.001,
                items_hit_hi=0.02,
                questions_hit=3,
                by_detector={"ngrams": 3, "wording": 2},
                examples=(
                    c.Met(
                        question_id="q-1",
                        benchmark="medbullets",
                        item_id="<b>7</b>",
                        detector="ngrams",
                        score=0.93,
                        question="A weaver of 42 is enrolled …",
                        item="A weaver is enrolled …",
                    ),
                ),
            ),
        ),
        detectors_off={"path": "no graph was given"},
        mixture=(
            c.MixturePart(axis="source", value="medqa", asked=600, there=790, got=600),
            c.MixturePart(axis="source", value="hpo", asked=600, there=410, got=410),
        ),
    )


def teaching():
    whole = c.Share(value=0.93, lo=0.88, hi=0.96, n=420, clusters=60)
    return c.Teaching(
        questions=400,
        prompts="0a1b2c3d4e5f6071",
        passes={"pass@1": c.Share(value=0.61, lo=0.55, hi=0.66, n=400, clusters=300), "pass@4": whole},
        yields={
            "solve": {"asked": 1600, "answered": 1598, "right": 980, "accepted": 612},
            "told": {"asked": 90, "answered": 90, "right": 88, "accepted": 41},
            "self_correction": {"asked": 30, "answered": 30, "right": 28, "accepted": 12},
        },
        refused={"wrong_answer": 618, "too_long": 120, "mentions_given_answer": 9},
        accepted=665,
        left={"not_the_shortest": 440, "over_gold_cap": 13},
        kept=212,
        told=40,
        strategies={"direct": 200, "self_correction": 12},
        process=c.Process(traces=212, with_claims=60, claims=420, entailed=whole, contradicted=whole, uncovered=whole),
    )


def invented(**changes):
    """The whole report of an invented run; `changes` replace fields."""
    scored = scored_stages()
    stages = tuple(d.StageResult(name=name, score=summarise(scored[name], seed=17)) for name in STAGES)
    trail = tuple(
        d.PlateauPoint(step=s, reward=1.35 - 0.6 * np.exp(-s / 18), zero_variance=0.7 - 0.5 * np.exp(-s / 30))
        for s in range(10, 61)
    )
    whole = d.ReportData(
        title="Florey: quickstart",
        run=d.Run(
            recipe="quickstart",
            policy="small Llama (3 layers, 128 wide), trained from its seed",
            seed=17,
            facts=(
                d.Fact(label="Parameters", value="1,048,576"),
                d.Fact(label="Loss", value="dr_grpo; the paper sums over tokens per answer, here over a constant"),
            ),
        ),
        graph=d.GraphCounts(
            name="Human Phenotype Ontology",
            release="2025-01-16",
            digest="5a1b09cc41d7e2f0",
            nodes={"finding": 18043, "disease": 12690, "gene": 5128, "inheritance": 36, "onset": 22},
            edges={"has_finding": 261304, "is_a": 23501, "associated_gene": 12015, "has_inheritance": 9210},
            negative=2310,
            dropped={"unknown_term": 12, "duplicate_annotation": 431},
        ),
        stages=stages,
        comparisons=tuple(compare(scored, seed=17)),
        curve=curve(),
        phases=(
            d.PhaseRow(
                phase="stage1",
                steps=60,
                reward=0.91,
                zero_variance=0.612,
                entropy_first=0.312,
                entropy_last=0.071,
                gradient=0.084,
            ),
            d.PhaseRow(phase="stage2-round1", steps=30, reward=0.62, zero_variance=0.233, kl=0.0123, softened=2),
        ),
        plateau=d.Plateau(
            rule="at least 60% of the groups without variance and a slope of reward below 0.001 per step, "
            "both over 20 steps.",
            fired_at=60,
            inputs={"zero_variance_share": 0.632, "reward_slope": 0.00042, "window": 20, "slope_limit": 0.001},
            zero_variance_limit=0.6,
            trail=trail,
        ),
        rounds=tuple(
            d.Round(
                name=f"round {k}",
                answered=4800,
                failures=2010 - 260 * k,
                failures_by_tier={"easy": 310 - 40 * k, "moderate": 800 - 120 * k, "difficult": 900 - 100 * k},
                asked_right=80,
                asked_wrong=160,
                got_right=80,
                got_wrong=160 - 12 * (k - 1),
                tiers={"easy": 52, "moderate": 80, "difficult": 108 - 12 * (k - 1)},
                rollouts=12 + 4 * (k - 1),
                mined=160 - 12 * (k - 1),
                solved_after=61 + 4 * k,
                failing_last=88 - 5 * k,
            )
            for k in (1, 2)
        ),
        reasoning=(
            d.Reasoning(stage="cold_start", tier="easy", correct=180, sound=171),
            d.Reasoning(stage="stage2", tier="difficult", correct=120, sound=17),
        ),
        examples=(example(), gene_example(), example(stem="A second invented case with the same certificate.")),
        examples_rule="One per tier, chosen where cold start was wrong and stage 2 right: they are not typical.",
        questions=d.Questions(
            generated=6400,
            metapaths={"findings_to_disease": 4100, "findings_to_gene": 1200, "discriminating_finding": 1100},
            rejected={"too_few_distractors": 911, "unknown_presence": 340},
            dropped={"near_duplicate": 214, "exact_duplicate": 31, "option_overlap": 12},
            splits={"train": 4800, "dev": 703, "test": 640},
            tiers={
                "easy": {"train": 1600, "dev": 240, "test": 210},
                "moderate": {"train": 1900, "dev": 280, "test": 260},
                "difficult": {"train": 1300, "dev": 183, "test": 170},
            },
            strengths={Strength.CLOSED_WORLD: 5100, Strength.ZERO_OF_N: 640, Strength.NEGATED: 660},
            closed_world_only=0.742,
            split_rule="No test question has an answer and evidence set that occurs in training; diseases that are "
            "twins or subtypes of one another fall on one side.",
            rarity={
                "findings_to_disease": rarity(0.4417, 3021.4, 8920.6),
                "findings_to_gene": rarity(0.3805, 1010.2, 2417.8),
            },
        ),
        curation=curation(),
        teachers={"graph": 600, "gpt-oss-120b": 212},
        teaching=teaching(),
        traces=(
            d.TraceRow(strategy="direct", generated=600, passed=600, trained=600),
            d.TraceRow(strategy="backtracking", generated=200, passed=197, trained=0),
            d.TraceRow(strategy="path_exploration", generated=200, passed=200, trained=0),
            d.TraceRow(strategy="self_correction", generated=200, passed=191, trained=0),
        ),
        traces_dropped={"contradicts_certificate": 9, "no_tempting_option": 3},
        licences=(
            d.Licence(
                source="Human Phenotype Ontology",
                licence="HPO licence",
                attribution="This service uses the Human Phenotype Ontology (version 2025-01-16).",
                url="https://hpo.jax.org/license",
            ),
        ),
        manifests=tuple(
            d.ManifestLink(title=name, href=f"{name}/manifest.json", digest=f"{number:064x}")
            for number, name in enumerate(("graph", "synthesis", "curation", "distillation", "cold_start", "stage1"))
        ),
        limitations=(
            "The policy is a model of about a million parameters that knows one focus subgraph; nothing here says how "
            "a larger model would fare.",
            "Questions are made from annotations: a disease described by few papers has few findings, and its "
            "“absent” findings may only be unreported.",
            "One seed. The interval is over questions, not over trainings.",
        ),
    )
    return whole.model_copy(update=changes)


@pytest.fixture(scope="session")
def run():
    return invented()


@pytest.fixture(scope="session")
def make():
    """`invented`, `example` and the like, for tests that change something."""
    return {"example": example, "gene_example": gene_example, "curve": curve}
