"""A small world for a small model: few unrelated diseases with many findings in common, nearly every pair known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from florey.errors import BadInput
from florey.graph.presence import Presence
from florey.synthesis.config import FocusConfig, SynthesisConfig
from florey.synthesis.material import Focus, Material
from florey.synthesis.metapaths import FINDING
from florey.synthesis.relatedness import Kinship

Picked = tuple[list[int], npt.NDArray[np.int8]]


def choose_focus(presence: Presence, config: SynthesisConfig, kinship: Kinship, seed: int) -> Focus:
    """Greedily: diseases of one vocabulary, pairwise unrelated, that share findings; then findings that tell them
    apart. The first disease is drawn with weight degree^-alpha, so that the rare are favoured.

    Raises BadInput where the graph has too few diseases or findings for `config.focus`.
    """
    focus = config.focus
    if focus is None:
        raise BadInput("choose_focus: the configuration has no focus")
    material = Material(presence, config, None, kinship=kinship)
    diseases = _diseases(material, focus, config, np.random.default_rng(seed))
    if len(diseases) < focus.diseases:
        raise BadInput(
            f"focus.diseases: expected at most {len(diseases)}, got {focus.diseases}: the graph has no more unrelated "
            f"{focus.vocabulary} diseases with {focus.min_findings} findings or more"
        )
    findings, states = _findings(material, diseases, focus.findings)
    if len(findings) < focus.findings:
        raise BadInput(
            f"focus.findings: expected at most {len(findings)}, got {focus.findings}: no more findings are present in "
            f"two of the {len(diseases)} diseases and absent in two"
        )
    return Focus(tuple(sorted(diseases)), tuple(sorted(findings)), float(np.mean(states == 0)))


def _diseases(material: Material, focus: FocusConfig, config: SynthesisConfig, rng: np.random.Generator) -> list[int]:
    """Up to `focus.diseases` of them; each next one has most findings in common with those so far.

    Common means their number, over the root of the other's: a pure cosine would prefer the poorly annotated."""
    presence, kinship = material.presence, material.kinship
    usable = {
        disease: material.findings(disease)
        for disease in material.graph.of_type("disease", focus.vocabulary).tolist()
        if presence.completeness(disease, FINDING) >= config.min_completeness
    }
    usable = {disease: found for disease, found in usable.items() if len(found) >= focus.min_findings}
    if not usable:
        return []
    pool, columns = list(usable), np.unique(np.concatenate(list(usable.values())))
    held = np.zeros((len(pool), len(columns)), np.float32)
    for row, found in enumerate(usable.values()):
        held[row, columns.searchsorted(found)] = 1 / np.sqrt(len(found))
    degrees = np.array([len(found) for found in usable.values()], np.float64)
    weights = degrees**-config.alpha
    newest = int(rng.choice(len(pool), p=weights / weights.sum()))
    chosen, shared, alive = [pool[newest]], np.zeros(len(pool)), np.ones(len(pool), bool)
    while len(chosen) < focus.diseases:
        shared += held @ held[newest]
        alive &= [a and not kinship.related(disease, pool[newest]) for disease, a in zip(pool, alive, strict=True)]
        if not alive.any():
            break
        newest = int(np.argmax(np.where(alive, shared * np.sqrt(degrees), -1)))
        chosen.append(pool[newest])
    return chosen


def _findings(material: Material, diseases: list[int], count: int) -> Picked:
    """The findings, and the states (diseases x findings): 1 present, -1 absent, 0 unknown.

    Each next finding is the one that helps the diseases with the fewest so far, and leaves least unknown. Only
    findings that a stem may name for the disease help it.
    """
    usable = [set(material.findings(disease).tolist()) for disease in diseases]
    candidates = sorted(set().union(*usable))
    value = {"present": 1, "absent": -1, "unknown": 0}
    support = material.presence.support
    states = np.array([[value[support(d, FINDING, f).state] for f in candidates] for d in diseases], np.int8)
    helps = np.array([[f in mine for f in candidates] for mine in usable])
    useful = ((states == 1).sum(0) >= 2) & ((states == -1).sum(0) >= 2)
    unknown = (states == 0).mean(0)
    having = np.zeros(len(diseases))
    picked: list[int] = []
    while len(picked) < count and useful.any():
        gain = (helps / (1 + having)[:, None]).sum(0) - len(diseases) * unknown
        best = int(np.argmax(np.where(useful, gain, -np.inf)))
        useful[best] = False
        having += helps[:, best]
        picked.append(best)
    return [candidates[i] for i in picked], states[:, picked]
