"""A sentence with its entities masked, lists of them drawn together, so that patterns see only its frame.

"Symptoms of [influenza] include [fever], [myalgia] and [cough]." becomes "symptoms of ⟦0⟧ include ⟦1⟧."
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from florey.graph.extraction.candidate import Entity

GROUP = r"⟦\d+⟧"

_STOP = """
    a? about above after against also although among and are as at avoid be because been before below between but by
    can cannot could did do does due during except for from had has have if in include includes including instead into
    is it its like may might must no nor not of off on or over rather should since so such than that the? their them
    then there these they this those through thus to under unless until unlike up was were when where whereas which
    while who whom whose will with within without would
    act acts affect affects allow allows arise arises bind binds block blocks cause causes caused characterised
    characterized complicated confirm confirms decrease decreases develop develops diagnose diagnosed diagnosing
    experience follow follows help helps improve improves increase increases induce induces inhibit inhibits involve
    involves lead leads lower lowers manage managed manifest manifests predispose predisposes present presents prevent
    prevents produce produces progress progresses protect protects provide provides raise raises receive reduce reduces
    relieve relieves require requires respond responds result results stimulate stimulates suffer take target targets
    treat treated treats trigger triggers use used using work works
    how what why them
    symptom symptoms sign signs cause complication complications effects effect factor factors treatment treatments
    diagnosis risk prevention prophylaxis people patients women men children infants
""".replace("?", "")
_FILLERS = {"a", "the"}  # in the list above for completeness, but they stand before any noun
FILL = rf"(?:(?!(?:{'|'.join(sorted(set(_STOP.split()) - _FILLERS))})\b)[\w'’.-]+ )"
"""One word, with the blank after it, that is no verb, preposition or head noun of a pattern."""

_SUFFIX = re.compile(
    r"-(?:\w+ing|\w+ed|negative|free|like)\b"
    r"|[\s-](?:deficien|withdrawal|poisoning|toxicity|overdose|resistan|antibod|antagonis|research|awareness|outbreak|epidemic|mortality|incidence|prevalence|model)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"(?: (?:of|in) (?:the )?[\w-]+(?: [\w-]+)?)?(?:\s*\([^()⟦⟧]*\))?"  # "fever of the evening (rarely)"
    rf"(?P<comma>\s*[,/])?\s*(?P<and>and/or|and|or|as well as|followed by|along with|together with)?,? "
    rf"(?:{FILL}{{1,3}}(?:(?:,|,? and|,? or) ))?"  # an item that is no entity
    rf"(?:(?:rarely|sometimes|occasionally|less commonly|more rarely),? )?{FILL}{{0,2}}"
    rf"(?:(?:excessive intake|intake|use|high doses) of |exposure to |infection with )?{FILL}{{0,4}}"
)
_MORE = re.compile(
    rf",? (?:and|or) (?:{FILL}|[\w-]+(?=[.,;]|$)){{1,3}}(?=[.,;]|$)"
)  # the list's last item is no entity
_ITEM = re.compile(GROUP)
_INTRODUCED = re.compile(r"(?:^|[;:] |, )(?:in|with|for|unlike|like|among|during|after) (?:\w+ ){0,3}$")
_COMPARED = re.compile(
    r"(?:^|, ?)(?:unlike|in contrast (?:to|with)|as opposed to|compared (?:to|with)|similar(?:ly)? to|like(?: other)?)"
    r" [^,;]*?, ?"
)


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` is in lower case; `⟦n⟧` in it stands for `groups[n]`."""

    text: str
    groups: tuple[tuple[Entity, ...], ...]


def mask(text: str, entities: Sequence[Entity]) -> Masked:
    """The frame of a sentence. Of overlapping entities the longest stays; those outside of the text are left out."""
    pieces: list[str] = []
    kept: list[Entity] = []
    at = 0
    for entity in _apart(entities, len(text)):
        if _SUFFIX.match(text, entity.end):  # "vitamin B12 deficiency" is not about the vitamin
            continue
        pieces += [_plain(text[at : entity.start]), f"⟦{len(kept)}⟧"]
        kept.append(entity)
        at = entity.end
    framed = re.sub(r"\bnot only\b", " ", "".join([*pieces, _plain(text[at:])]))
    framed = re.sub(r"\s+", " ", framed).strip()
    return _grouped(_COMPARED.sub(lambda found: "" if found.start() == 0 else " ", framed), kept)


def _plain(text: str) -> str:
    return re.sub("[⟦⟧]", " ", text).lower()


def _apart(entities: Sequence[Entity], length: int) -> list[Entity]:
    chosen: list[Entity] = []
    within = [one for one in entities if 0 <= one.start < one.end <= length]
    for entity in sorted(within, key=lambda one: (one.start - one.end, one.start, one.id)):
        if all(entity.end <= other.start or entity.start >= other.end for other in chosen):
            chosen.append(entity)
    return sorted(chosen, key=lambda one: one.start)


def _grouped(text: str, entities: Sequence[Entity]) -> Masked:
    """Draws together what commas and conjunctions join: a list needs a conjunction, or it is just a comma."""
    marks = list(_ITEM.finditer(text))
    runs: list[list[int]] = []
    joined: list[bool] = []  # per mark but the first: whether by a conjunction
    for number, mark in enumerate(marks):
        between = _BETWEEN.fullmatch(text, marks[number - 1].end(), mark.start()) if number else None
        lists = between and (between["comma"] or between["and"])
        joined.append(bool(between and between["and"]))
        after_preposition = (
            lists
            and len(runs[-1]) == 1
            and not (between and between["and"])
            and (_INTRODUCED.search(text, 0, marks[number - 1].start()))
        )
        if lists and not after_preposition:
            runs[-1].append(number)
        else:
            runs.append([number])
    runs = [part for run in runs for part in ([run] if _is_list(text, run, joined, marks) else [[n] for n in run])]
    pieces, at = [], 0
    for place, run in enumerate(runs):
        pieces += [text[at : marks[run[0]].start()], f"⟦{place}⟧"]
        at = marks[run[-1]].end()
    groups = tuple(tuple(entities[int(marks[n][0][1:-1])] for n in run) for run in runs)
    return Masked("".join([*pieces, text[at:]]), groups)


def _is_list(text: str, run: list[int], joined: list[bool], marks: list[re.Match[str]]) -> bool:
    return any(joined[n] for n in run[1:]) or bool(_MORE.match(text, marks[run[-1]].end()))
