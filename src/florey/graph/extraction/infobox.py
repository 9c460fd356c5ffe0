"""Relations and identifiers from infoboxes, by rule: the template says what the page is about, the field what it says.

Field names: https://en.wikipedia.org/wiki/Template:Infobox_medical_condition, Template:Infobox_drug and their
predecessors, which older dumps have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from florey.graph.extraction.candidate import Entity, Relation
from florey.graph.model import joins
from florey.graph.sources.curies import curie
from florey.graph.wiki.article import Article, Field, Infobox

_TYPES = {
    "disease": (
        "infobox disease",
        "infobox medical condition",
        "infobox medical condition (new)",
        "diseasedisorder infobox",
    ),
    "finding": (
        "infobox symptom",
        "infobox medical sign",
        "infobox sign",
        "infobox medical symptom",
        "symptom infobox",
    ),
    "drug": ("drugbox", "infobox drug", "infobox vaccine"),
    "drug_class": ("infobox drug class", "drugclassbox", "infobox drug group"),
    "procedure": (
        *("infobox medical intervention", "infobox medical intervention (new)", "infobox interventions"),
        *("interventions infobox", "infobox diagnostic", "infobox medical test", "infobox medical procedure"),
    ),
    "anatomy": (
        *(
            "infobox anatomy",
            "infobox artery",
            "infobox bone",
            "infobox brain",
            "infobox embryology",
            "infobox ligament",
        ),
        *("infobox lymph", "infobox muscle", "infobox nerve", "infobox vein", "infobox organ"),
    ),
    "gene": ("infobox gene", "infobox human protein", "infobox nonhuman protein", "pbb", "infobox protein"),
    "specialty": ("infobox medical speciality", "infobox medical specialty", "infobox medical speciality (new)"),
    "agent": ("virusbox", "infobox virus", "infobox bacteria", "infobox parasite"),
}
TYPE_OF_TEMPLATE = {template: type for type, templates in _TYPES.items() for template in templates}

_OF_CONDITIONS = {
    "has_symptom": ("symptoms", "symptom", "signs", "signs and symptoms"),
    "has_complication": ("complications", "complication"),
    "caused_by": ("causes", "cause"),
    "has_risk_factor": ("risks", "risk factors", "risk", "risk factor"),
    "diagnosed_by": ("diagnosis", "diagnostic", "diagnostic method"),
    "prevented_by": ("prevention",),
    "treated_by": ("treatment", "treatments", "medication", "medications", "management", "therapy"),
    "in_specialty": ("field", "specialty", "speciality"),
    "located_in": ("location", "organ"),
}
_OF_TREATMENTS = {
    "in_drug_class": ("class", "drug class"),
    "~treated_by": ("use", "uses", "indications"),
    "has_mechanism": ("mechanism of action", "mechanism", "biological target", "target", "moa"),
    "has_side_effect": ("complications", "side effects"),
    "in_specialty": ("specialty", "speciality", "field"),
    "contraindicated_in": ("contraindications",),
}
_RULES: dict[str, dict[str, tuple[str, ...]]] = {
    "disease": _OF_CONDITIONS,
    "finding": _OF_CONDITIONS,
    "drug": _OF_TREATMENTS,
    "drug_class": _OF_TREATMENTS,
    "procedure": _OF_TREATMENTS,
    "anatomy": {"located_in": ("partof", "part of", "location", "located in")},
    "specialty": {"~in_specialty": ("diseases", "significant diseases", "significant tests")},
}
_RULE_OF = {
    (type, field): relation for type, rules in _RULES.items() for relation, fields in rules.items() for field in fields
}
_DENIES = re.compile(r"\b(?:no|not|none|never|without|except|unlike|unknown|formerly|historically)\b", re.IGNORECASE)
_CONFIDENCE = 0.95

# field -> (prefix of the CURIE, what a value looks like)
_IDENTIFIERS = {
    "icd10": ("ICD10", r"[A-TV-Z]\d[0-9A-B](?:\.\d{1,2})?"),
    "icd 10": ("ICD10", r"[A-TV-Z]\d[0-9A-B](?:\.\d{1,2})?"),
    "icd10cm": ("ICD10CM", r"[A-TV-Z]\d[0-9A-B](?:\.[0-9A-Z]{1,4})?"),
    "icd11": ("ICD11", r"[0-9A-HJ-NP-Z]{4}(?:\.[0-9A-Z]{1,2})?"),
    "icd 11": ("ICD11", r"[0-9A-HJ-NP-Z]{4}(?:\.[0-9A-Z]{1,2})?"),
    "icd9": ("ICD9", r"(?:\d{3}|E\d{3}|V\d{2})(?:\.\d{1,2})?"),
    "omim": ("OMIM", r"\d{6}"),
    "meshid": ("MESH", r"[CD]\d{6,9}"),
    "mesh": ("MESH", r"[CD]\d{6,9}"),
    "diseasesdb": ("DiseasesDB", r"\d{1,6}"),
    "orphanet": ("ORPHA", r"\d{1,6}"),
    "doid": ("DOID", r"\d{1,7}"),
    "umls": ("UMLS", r"C\d{7}"),
    "drugbank": ("DrugBank", r"(?:DB)?\d{5}"),
    "unii": ("UNII", r"[A-Z0-9]{10}"),
    "chembl": ("CHEMBL", r"\d{1,8}"),
    "pubchem": ("PUBCHEM", r"\d{1,10}"),
    "cas number": ("CAS", r"\d{2,7}-\d{2}-\d"),
    "fma": ("FMA", r"\d{3,6}"),
    "snomed ct": ("SNOMEDCT", r"\d{6,18}"),
    "hgncid": ("HGNC", r"\d{1,6}"),
    "entrezgene": ("NCBIGene", r"\d{1,9}"),
}
RESOURCES = ("medical resources", "medical condition classification and resources", "diseasedisorder resources")


class Stated(NamedTuple):
    """A relation with the field that states it: its quote is the page's text from `field.start` to `field.end`."""

    relation: Relation
    field: Field


def infobox_type(infobox: Infobox) -> str | None:
    """The node type of a page with that template; None for templates that say nothing about medicine."""
    return TYPE_OF_TEMPLATE.get(_spaced(infobox.template))


def relations_of_infobox(
    article: Article, subject: Entity, entities_of: Callable[[Field], Sequence[Entity]]
) -> list[Stated]:
    """What the infoboxes of a page say about its subject, in the order of the page.

    `entities_of` finds the entities of a field's text. Items that deny ("none", "not …") say nothing, nor do pairs
    whose types the relation does not join.
    """
    found: dict[tuple[str, str, str], Stated] = {}
    for infobox in article.infoboxes:
        type = infobox_type(infobox)
        if type is None:
            continue
        for field in infobox.fields:
            name = _RULE_OF.get((type, _spaced(field.name)))
            for stated in _of_field(name, field, subject, entities_of(field)) if name else ():
                relation = stated.relation
                found.setdefault((relation.subject.id, relation.name, relation.object.id), stated)
    return list(found.values())


def _of_field(name: str, field: Field, subject: Entity, entities: Sequence[Entity]) -> Iterator[Stated]:
    for entity in entities:
        one, other = (entity, subject) if name.startswith("~") else (subject, entity)
        if _DENIES.search(_item(field.text, entity)) or one.id == other.id:
            continue
        if joins(name.removeprefix("~"), one.type, other.type):
            rule = f"infobox:{field.name}"
            yield Stated(Relation(one, name.removeprefix("~"), other, True, rule, _CONFIDENCE), field)


def _item(text: str, entity: Entity) -> str:
    """The words of the list's item that an entity stands in, without the entity."""
    before = re.split(r"[;,\n]", text[: entity.start])[-1]
    return before + re.split(r"[;,\n]", text[entity.end :])[0]


def identifiers(article: Article) -> tuple[str, ...]:
    """CURIEs of the page's subject, sorted. A field with several values names several things, so it gives none."""
    found: set[str] = set()
    for infobox in article.infoboxes:
        if infobox_type(infobox) or _spaced(infobox.template) in RESOURCES:
            fields = {_spaced(field.name): field.text for field in infobox.fields}
            found.update(each for name, text in fields.items() if (each := _identifier(name, text)))
            if code := _atc(fields):
                found.add(code)
    return tuple(sorted(found))


def _identifier(name: str, text: str) -> str | None:
    if name not in _IDENTIFIERS:
        return None
    prefix, form = _IDENTIFIERS[name]
    values = {value.upper() for value in re.split(r"[\s;,|]+", text.strip()) if value}
    if len(values) != 1 or not re.fullmatch(form, value := values.pop()):
        return None
    if prefix == "DrugBank":
        value = f"DB{value.removeprefix('DB')}"
    return curie(f"{prefix}:{value}")


def _atc(fields: dict[str, str]) -> str | None:
    code = (fields.get("atc prefix", "") + fields.get("atc suffix", "")).strip().upper()
    return curie(f"ATC:{code}") if re.fullmatch(r"[A-Z]\d\d[A-Z]{2}\d\d", code) else None


def _spaced(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
