"""Which pages are worth parsing, decided on the raw bytes of their XML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MEDICAL_TEMPLATES = (
    *("infobox medical", "infobox disease", "infobox symptom", "infobox sign", "infobox drug", "infobox diagnostic"),
    *("infobox anatomy", "infobox artery", "infobox vein", "infobox nerve", "infobox muscle", "infobox bone"),
    *("infobox brain", "infobox ligament", "infobox lymph", "infobox embryology", "infobox cell", "infobox gene"),
    *("infobox protein", "infobox nonhuman protein", "infobox enzyme", "infobox interventions", "infobox procedure"),
    *("infobox pathogen", "infobox virus", "infobox pandemic", "infobox vaccine", "infobox therapy", "infobox injury"),
    *("infobox birth control", "infobox mental disorder", "infobox surgical procedure", "infobox hospital procedure"),
    *("diseasedisorder infobox", "signsymptom infobox", "interventions infobox", "diagnostic infobox", "drugbox"),
    *("medical resources", "medical condition", "drugclass", "infobox drug class", "infobox ms condition"),
)
MEDICAL_CATEGORIES = (
    *("disease", "disorder", "syndrome", "symptom", "infection", "cancer", "tumor", "neoplas", "medical sign"),
    *("medicine", "drugs", "antibiotic", "inhibitors", "agonist", "antagonist", "vaccines", "anatomy", "surgery"),
    *("medical treatments", "medical tests", "diagnos", "pathology", "toxicolog", "injur", "deficienc", "inflammation"),
    *("medical emergencies", "congenital", "hereditary", "human genes", "hormones", "ailments", "icd-"),
)

_LISTING = re.compile(rb"\{\{\s*+(?:[\w ]*[Dd]isamb|[Dd]ab\b|[Hh]ndis|[Gg]eodis)")
_PEOPLE = "(?:deaths|people|writers|activists|alumni|victims|films|novels|songs)"  # "Deaths from" is no disease


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Passes a page that uses a template whose name begins with one of `templates`, or stands in a category with one
    of the words `categories` in its name; without regard to case. Build it with `prefilter`."""

    template: re.Pattern[bytes]
    category: re.Pattern[bytes]
    listings: bool = False  # disambiguation pages pass too

    def passes(self, xml: bytes) -> bool:
        if self.template.search(xml) or (self.listings and _LISTING.search(xml)):
            return True
        first = xml.find(b"[[Category:")  # they stand at the end: the pattern need not read the page
        return first >= 0 and self.category.search(xml, first) is not None


def looks_like_listing(text: str) -> bool:
    """Whether a page's wikitext uses a template of disambiguation pages."""
    return _LISTING.search(text.encode()) is not None


def prefilter(
    templates: Sequence[str] = MEDICAL_TEMPLATES,
    categories: Sequence[str] = MEDICAL_CATEGORIES,
    *,
    listings: bool = False,
) -> Prefilter:
    """
    >>> looks_medical = prefilter()
    >>> looks_medical.passes(b"<page>{{Infobox medical condition|name=Gout}}</page>")
    True
    >>> looks_medical.passes(b"<page>{{Infobox river|name=Rhine}} [[Category:Rivers of Europe]]</page>")
    False
    """
    names = "|".join(_either_case(name) for name in templates)
    words = "|".join(_either_case(word) for word in categories)
    return Prefilter(
        re.compile(rf"\{{\{{\s*+(?:{names or '(?!)'})".encode()),
        re.compile(rf"\[\[Category:[^\]|\n]*?(?:{words or '(?!)'})(?![^\]|\n]*{_PEOPLE})".encode()),
        listings,
    )


def _either_case(text: str) -> str:
    """A pattern without the flag for it, which would cost the search its fast path. A space is also an underscore."""
    letters = (f"[{c.upper()}{c.lower()}]" if c.isalpha() else "[ _]+" if c == " " else re.escape(c) for c in text)
    return "".join(letters)
