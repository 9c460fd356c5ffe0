"""Stems as text. Names of nodes stand exactly as in the graph; the short forms come first."""

from __future__ import annotations

from collections.abc import Sequence

from florey.errors import BadInput, nearest
from florey.files import digest
from florey.synthesis.form_files import built_in
from florey.synthesis.grammar import Form
from florey.synthesis.patient import patient
from florey.synthesis.scene import Scene


def render_scene(scene: Scene, key: object, forms: int | None = None, own: Sequence[Form] | None = None) -> str:
    """The stem of one question: a form of its kind, chosen by the hash of `key` (any JSON-able value).

    `forms` limits the choice to the first so many, of which those are taken whose needs the scene meets. `own`: the
    forms of a kind that does not come with Florey. Raises BadInput for a kind without forms and for a scene whose
    nodes are not those that the forms name.
    """
    known = own or built_in().get(scene.kind)
    if not known:
        raise BadInput(f"no forms for the kind of question '{scene.kind}'{nearest(scene.kind, built_in())}")
    expected, given = known[0].variables, {name for name, nodes in scene.nodes.items() if nodes}
    if given != expected:
        raise BadInput(f"{scene.kind}: its forms name {', '.join(sorted(expected))}, got {', '.join(sorted(given))}")
    who = patient(scene, key)
    choice = [form for form in known[:forms] if form.fits(scene, who)]
    return choice[int(digest(key), 16) % len(choice)].fill(scene, who)


# --- legacy, goes with the old sampler ---

_DISEASE = (
    "Findings: {findings}. Which disease shows all of them?",
    "{findings}: which disease?",
    "Which disease shows {findings}?",
    "A patient presents with {findings}. Which of these diseases accounts for all of these findings?",
    "On examination and work-up the following are recorded: {findings}. Which disease is known to cause every one "
    "of them?",
    "Which of the following diseases is characterised by {findings}?",
    "A clinician lists these findings: {findings}. Which diagnosis fits all of them?",
    "Consider the combination of {findings}. In which of these diseases are all of them described?",
)
_CONTRAST = (
    "Which finding occurs in {disease} but not in {neighbour}?",
    "{disease} or {neighbour}: which finding speaks for the first?",
    "Which finding separates {disease} from {neighbour}?",
    "The differential diagnosis lies between {disease} and {neighbour}, which overlap in several findings. Which of "
    "these findings is described in the former but not in the latter?",
    "Two diagnoses remain: {disease} and {neighbour}. Which finding, if present, favours {disease}?",
    "A patient is thought to have {neighbour}, but {disease} must be considered. Which of these findings belongs to "
    "{disease} and not to {neighbour}?",
    "Which of the following is a feature of {disease} that is not seen in {neighbour}?",
)
_GENE = (
    "Findings: {findings}. Which gene is linked to a disease with all of them?",
    "{findings}: which gene?",
    "A disease shows {findings}. Which gene is associated with it?",
    "A patient presents with {findings}. Variants in which of these genes are associated with a disease that shows "
    "all of these findings?",
    "One hereditary disease combines {findings}. Which of these genes is associated with that disease?",
    "Sequencing is planned for a patient with {findings}. Which of these genes is associated with a disease that "
    "accounts for the whole picture?",
    "Which of the following genes is associated with a disease characterised by {findings}?",
)
_INHERITANCE = (
    "Findings: {findings}. Inheritance: {attribute}. Which disease fits?",
    "{findings}; {attribute}: which disease?",
    "Which disease shows {findings} and follows the pattern {attribute}?",
    "A patient presents with {findings}. The family history points to the following mode of inheritance: {attribute}. "
    "Which of these diseases fits both?",
    "The findings are {findings}, and the pedigree is consistent with: {attribute}. Which diagnosis accounts for all "
    "of this?",
    "Which of the following diseases combines {findings} with this mode of inheritance: {attribute}?",
    "Several of these diseases share findings, but only one shows {findings} together with the pattern {attribute}. "
    "Which one?",
)
_ONSET = (
    "Findings: {findings}. Onset: {attribute}. Which disease fits?",
    "{findings}; {attribute}: which disease?",
    "Which disease shows {findings} and has this age of onset: {attribute}?",
    "A patient presents with {findings}. The age at which the disease began is recorded as: {attribute}. Which of "
    "these diseases fits both?",
    "The findings are {findings}, and the course began as follows: {attribute}. Which diagnosis accounts for all of "
    "this?",
    "Which of the following diseases combines {findings} with this age of onset: {attribute}?",
    "Several of these diseases share findings, but only one shows {findings} with the onset recorded as {attribute}. "
    "Which one?",
)
FORMS: dict[str, tuple[str, ...]] = {
    "findings_to_disease": _DISEASE,
    "discriminating_finding": _CONTRAST,
    "findings_to_gene": _GENE,
    "findings_inheritance_to_disease": _INHERITANCE,
    "findings_onset_to_disease": _ONSET,
}


def listed(names: Sequence[str]) -> str:
    """Names joined as prose.

    >>> listed(["Ataxia", "Seizure", "Nystagmus"])
    'Ataxia, Seizure and Nystagmus'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def render(metapath: str, slots: dict[str, str], key: object, forms: int | None = None) -> str:
    """The stem of one question: a form of its metapath, chosen by the hash of `key` (any JSON-able value).

    `slots` fills the form: findings (listed), attribute, disease, neighbour. `forms` limits the choice to the first
    so many. Raises BadInput for a metapath without forms.
    """
    if metapath not in FORMS:
        raise BadInput(f"no forms for the metapath '{metapath}'{nearest(metapath, FORMS)}")
    choice = FORMS[metapath][:forms]
    return choice[int(digest(key), 16) % len(choice)].format_map(slots)
