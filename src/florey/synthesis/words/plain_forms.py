"""Which forms a kind of question has; plain ones where nobody wrote any: its conditions, one clause each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from florey.synthesis.metapaths import Kind, Link, relation_phrase
from florey.synthesis.words.form_files import built_in, forms_of
from florey.synthesis.words.grammar import Form, noun

# Beside the phrases of relations that can be asked: how the others read in a clause.
_PHRASES = {
    "is_a": "is a kind of it",
    "has_finding": "shows it",
    "has_inheritance": "has it as its mode of inheritance",
    "has_onset": "has it as its onset",
    "has_course": "has it as its course",
    "has_modifier": "has it as a modifier",
    "has_history": "has it in the history",
    "associated_gene": "is associated with it",
    "diagnosed_by": "is diagnosed by it",
    "has_mechanism": "has it as its mechanism",
    "in_drug_class": "belongs to it",
    "located_in": "is located in it",
    "in_specialty": "belongs to it",
    "resembles": "resembles it",
    "participates_in": "takes part in it",
}
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def forms_for(kind: Kind) -> tuple[Form, ...]:
    """The forms of a kind: its own, those that come with Florey, or plain ones. BadInput where its own are unsound."""
    if kind.forms:
        return forms_of(kind.forms, kind.name, variables=_told(kind))
    return built_in().get(kind.name) or plain_forms(kind)


def _told(kind: Kind) -> tuple[str, ...]:
    return kind.links[0].ends if kind.among else tuple(variable.name for variable in kind.tree if variable.told)


def plain_forms(kind: Kind) -> tuple[Form, ...]:
    """Forms that say exactly the conditions of a kind, in words that fit any metapath."""
    if kind.among:
        link = kind.links[0]
        subject, other = f"{{{link.subject}}}", f"{{{link.object}}}"
        texts = [
            f"Subject: {subject}. Object: {other}. Which relation leads from the first to the second?",
            f"Which of these relations leads from {subject} to {other}?",
            f"How does {subject} relate to {other}?",
        ]
        return forms_of(texts, kind.name, variables=_told(kind))
    clauses = _clauses(kind)
    asked = _noun(kind.nodes[kind.asked])
    lines = "\n".join(f"- {clause}" for clause in clauses)
    texts = [
        f"{_capital('; '.join(clauses))}. Which {asked} is it?",
        f"Which {asked} meets all of these conditions?\n{lines}",
        f"Conditions:\n{lines}\nWhich {asked} fulfils every one of them?",
        f"One of these options is the {asked} sought: {'; '.join(clauses)}. Which one?",
    ]
    return forms_of(texts, kind.name, variables=_told(kind))


def _clauses(kind: Kind) -> list[str]:
    """One clause for each condition."""
    names = {kind.asked: f"the {_noun(kind.nodes[kind.asked])} sought"}
    seen: set[str] = set()
    same = [name for name in kind.nodes if name in kind.hidden]
    for name in same:
        kin = [other for other in same if kind.nodes[other] == kind.nodes[name]]
        place = _ORDINALS[kin.index(name)] if len(kin) > 1 else ""
        names[name] = f"{place} {_noun(kind.nodes[name])}".strip()
    clauses = []
    for link in kind.required:
        subject, other = (_mention(end, link, kind, names, seen) for end in (link.subject, link.object))
        several = link.several == link.subject
        clauses.append(f"{subject} {_verb(link, several)}".replace("\0", other))
    return clauses


def _mention(end: str, link: Link, kind: Kind, names: dict[str, str], seen: set[str]) -> str:
    if end not in names:  # named in the stem
        return f"{{{end}:or}}" if not link.holds and link.several == end == link.object else f"{{{end}}}"
    if end == kind.asked:
        return names[end]
    first = end not in seen
    seen.add(end)
    numbered = names[end].split()[0] in _ORDINALS
    return f"{('a' if numbered else 'some') if first else 'that'} {names[end]}"


def _verb(link: Link, several: bool) -> str:
    r"""The phrase of a relation with \0 in the place of its object, negated where the condition says not."""
    phrase = _PHRASES.get(link.relation) or relation_phrase(link.relation)
    phrase = re.sub(r"\bit\b", "\0", phrase) if re.search(r"\bit\b", phrase) else f"{phrase} \0"
    verb, _, rest = phrase.partition(" ")
    one, many = {"is": ("is", "are"), "has": ("has", "have")}.get(verb, (verb, _base(verb)))
    if not link.holds:
        one, many = ("is not", "are not") if verb == "is" else (f"does not {_base(verb)}", f"do not {_base(verb)}")
    return f"{{{link.subject}|{one}|{many}}} {rest}" if several else f"{one} {rest}"


def _base(verb: str) -> str:
    """The plain form of a verb in the third person."""
    return {"has": "have", "is": "be"}.get(verb) or (verb[:-2] if verb.endswith(("sses", "shes")) else verb[:-1])


def _noun(types: Sequence[str]) -> str:
    if len(types) == 1:
        return noun(types[0])
    return "condition" if set(types) <= {"disease", "finding", "injury"} else "thing"


def _capital(text: str) -> str:
    return text if text.startswith("{") else text[:1].upper() + text[1:]
