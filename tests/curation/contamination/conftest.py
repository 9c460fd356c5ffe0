"""Invented questions, and what the detectors say of them."""

from florey.curation.contamination.config import ContaminationConfig
from florey.curation.contamination.find import find
from florey.records import Question

VIGNETTE = (
    "A 34-year-old cheesemaker is brought to the clinic because of blurred vision and golden eyelids for six weeks. "
    "Her brother has the same trouble. On examination the toes are violet and the knuckles are swollen. Which of the "
    "following is the most likely diagnosis?"
)
OPTIONS = ("Amberlosis", "Birgonia", "Cottrelia", "Dunmorosis")


def asked(stem, options=OPTIONS, gold=0, **more):
    return Question(stem=stem, options=options, gold=gold, source="x", **more).identified()


def detected(question, *items, linker=None, graph=None, **config):
    """Names of the detectors that meet any of the items."""
    found = find([question], {"bench": list(items)}, ContaminationConfig(**config), linker, graph=graph)
    assert len(found.step.kept) + len(found.step.dropped) == 1
    return {each.detector for each in found.hits}
