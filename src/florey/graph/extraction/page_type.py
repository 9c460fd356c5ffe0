"""What a page is about: its subject's node type, and whether it belongs into a medical graph, with the reason."""

from __future__ import annotations

import re
from typing import NamedTuple

from florey.graph.extraction.infobox import RESOURCES, infobox_type
from florey.graph.wiki.article import Article

# first match wins: classes before drugs, symptoms before diseases
_CATEGORIES = (
    ("drug_class", r"^drugs by mechanism|^drug classes"),
    ("finding", r"^(?:medical )?(?:symptoms|signs)\b|^symptoms and signs|\bmedical signs$"),
    ("specialty", r"^medical specialties|^medical specialities"),
    (
        "disease",
        r"\b(?:diseases|disorders|syndromes|infections|cancers?|neoplasms|tumou?rs|inflammations|deficiencies|phobias)"
        r"(?: of (?:the )?[\w ]+)?$|^(?:rare diseases|autoimmune diseases|medical emergencies)",
    ),
    ("drug", r"\b(?:drugs|medicines|antibiotics|vaccines|analgesics|essential medicines|antidepressants|hormones)$"),
    ("procedure", r"\b(?:surgical procedures|surgery|medical tests|medical imaging|diagnostic \w+|blood tests)$"),
    ("anatomy", r"\b(?:human anatomy|organs|muscles|bones|nerves|arteries|veins|glands)\b"),
    ("agent", r"\b(?:pathogenic|parasit\w+|viruses)\b"),
    ("gene", r"^(?:human )?genes on"),
)
_CATEGORY = [(type, re.compile(pattern, re.IGNORECASE)) for type, pattern in _CATEGORIES]
_HEADS = {
    "drug_class": r"(?:class|group|family|category) of (?:[\w-]+ ){0,3}(?:drugs|medications|medicines|antibiotics)",
    "finding": r"(?:symptom|medical sign|sign|clinical sign)\b(?! language)",
    "specialty": r"(?:medical|surgical) special(?:i?ty)|branch of medicine|field of medicine|medical discipline",
    "disease": (
        r"disease|disorder|syndrome|infection|cancer|(?:medical|skin|health|mental|eye|genetic|autoimmune"
        r"|heart|neurological)"
        r" (?:condition|illness)|malignancy|tumou?r|carcinoma|inflammation|type of (?:[\w-]+ )?(?:cancer|infection)"
    ),
    "drug": (
        r"medication|medicine used|antibiotic|(?:pharmaceutical|antiviral|prescription) drug|drug used"
        r"|vaccine|opioid"
    ),
    "procedure": (
        r"(?:surgical|medical|diagnostic) (?:procedure|operation|intervention|technique|test)|surgery|blood test"
    ),
    "anatomy": r"(?:internal |human )?organ of|bone|muscle|artery|vein|nerve|gland|part of the (?:brain|body|skull)",
    "agent": (
        r"(?:[\w-]+ )?(?:bacterium|virus|parasite|pathogen|protozoan)|(?:species|genus) of (?:[\w-]+ ){0,3}"
        r"(?:bacteria|viruses)"
    ),
    "gene": r"(?:protein-coding|human) gene|protein that in humans is encoded by",
}
_DEFINITION = re.compile(r"\b(?:is|are|was) (?:(?:an?|the|any|one of (?:the|several)) )?(?P<what>[^.;]{3,160})")
_HEAD = [(type, re.compile(rf"\b(?:{head})s?\b", re.IGNORECASE)) for type, head in _HEADS.items()]
_CLAUSE = re.compile(
    r",| (?:that|which|who|caused|characteri[sz]ed|affecting|used to|used for|in which|where|when|by|from|with)\b"
)
_PERSON = re.compile(r"^(?:\d{3,4}s? (?:births|deaths)|living people|people from)\b", re.IGNORECASE)
_FOREIGN = re.compile(
    r"\b(?:films?|albums?|songs?|novels?|bands?|video games?|television|companies|cities|journals|magazines"
    r"|organi[sz]ations|hospitals|physicians|surgeons|football|software|computer)\b",
    re.IGNORECASE,
)


class Relevance(NamedTuple):
    medical: bool
    reason: str  # for the journal


def page_type(article: Article) -> str | None:
    """Node type of the page's subject, from its infobox, else its definition, else its categories; None if unknown."""
    return _typed(article)[0]


def is_medical(article: Article) -> Relevance:
    """Whether the page is read for the graph. People, works and organisations are not, whatever else they say."""
    for category in article.categories:
        if _PERSON.search(category):
            return Relevance(False, f"a person: category '{category}'")
    type, reason = _typed(article)
    if type:
        return Relevance(True, reason)
    for infobox in article.infoboxes:
        if infobox.template in RESOURCES:
            return Relevance(True, f"template '{infobox.template}'")
    return Relevance(False, "no medical infobox, definition or category")


def _typed(article: Article) -> tuple[str | None, str]:
    for infobox in article.infoboxes:
        if type := infobox_type(infobox):
            return type, f"template '{infobox.template}'"
    if any(_FOREIGN.search(category) or _PERSON.search(category) for category in article.categories):
        return None, "not medical"
    if type := _defined(article):
        return type, f"defined as {type}: '{article.sentences[0].text[:80]}'"
    for type, pattern in _CATEGORY:
        for category in article.categories:
            if pattern.search(category):
                return type, f"category '{category}'"
    return None, "unknown"


def _defined(article: Article) -> str | None:
    if not article.sentences or not (found := _DEFINITION.search(article.sentences[0].text)):
        return None
    what = _CLAUSE.split(found["what"], maxsplit=1)[0]
    ends = [(match.start(), place, type) for place, (type, head) in enumerate(_HEAD) if (match := head.search(what))]
    return min(ends)[2] if ends else None
