"""Claims in free prose, English and Chinese: sentence by sentence, and rather none than a wrong one.

In a sentence a finding belongs to the option that was named last before it ("Amberlosis causes golden eyelids"), or to
the one that follows it with a word between that joins them ("golden eyelids occur in Amberlosis"). A sentence that says
"it" goes on with the option of the sentence before. What is asked, supposed or hedged is no claim; what is said of the
patient is a claim about the stem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from florey.teaching.claims.claim import PATIENT, Claim, State, Subject
from florey.teaching.claims.entities import Entities, Named

_END = re.compile(r"[.!?;]+(?=\s|$)|[。！？；]+|\n+")
_ASKED = re.compile(
    r"[?？]\s*$|^\W*(?:if|suppose|were it|whether|does|do|is|are|could|would|假如|如果|若)\b", re.IGNORECASE
)
_PATIENT = re.compile(
    r"\b(?:patient|patients|she|he|her|his|this (?:wo)?man|the (?:wo)?man|the child|the stem|the case)\b"
    r"|患者|病人|题干|患儿|病例",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^\W*(?:it|this (?:disease|disorder|condition|syndrome|one|option)|its|该病|它|此病|其)", re.IGNORECASE
)
_JOINS = re.compile(
    r"^\s*(?:,\s*(?:which|and this)\s+)?(?:(?:is|are|was|were|can be|may be)\s+)?(?:\w+\s+){0,3}?"
    r"(?:in|of|for|with|by)\s+(?:the\s+|both\s+|all of\s+)?$"
    r"|^\s*(?:是|为|属于|见于|常见于|可见于|多见于|提示|符合)\s*$",
    re.IGNORECASE,
)
_OWNS = re.compile(r"['’]s?\b|的(?!特征|表现|症状|体征)")
_AND = re.compile(r"^\s*(?:,|,?\s*and|or|nor|、|和|与|及|或)\s*$", re.IGNORECASE)
_APART = re.compile(
    r"(?:unlike|in contrast (?:to|with)|as opposed to|compared (?:to|with)|rather than|instead of|different from|"
    r"与|不同于|相比)\s*(?:in\s+|the\s+)?$",
    re.IGNORECASE,
)
_WEIGHING = re.compile(
    r"\b(?:distinguish\w*|differentiat\w*|separat\w*|tells?|against|rul\w+ out|exclud\w*|eliminat\w*|"
    r"unlikely|less likely|compar\w+|versus|vs)\b|鉴别|排除|不支持|区别|相鉴别",
    re.IGNORECASE,
)
_HEDGED = re.compile(r"\b(?:may|might|could|perhaps|possibly|probably|supposedly)\b|可能|也许|或许", re.IGNORECASE)
_BUT = re.compile(r"(?:,\s*)?\b(?:but|however|whereas|while|although|though|yet)\b|但|而|然而", re.IGNORECASE)
_ABSENT_AFTER = re.compile(
    r"^\s*(?:is|are|was|were|would be|does|do)?\s*(?:typically |usually |generally |characteristically )?"
    r"(?:absent|lacking|missing|not (?:be )?(?:present|seen|found|reported|expected|observed|occur|a feature|"
    r"a finding|typical|described|annotated|associated|part)|never)|^\s*(?:缺如|阴性|不存在|未见|不出现|不明显)",
    re.IGNORECASE,
)
_UNKNOWN_AFTER = re.compile(
    r"^\s*(?:is|are)?\s*(?:unclear|unknown|not known|uncertain)|^\s*(?:不明|未知)", re.IGNORECASE
)
_ABSENT_BEFORE = re.compile(
    r"(?:\b(?:no|not|without|lacks?|lacking|absence of|never|n't|nor|neither)\b[^,;:]{0,40}"
    r"|(?:没有|并无|不伴有?|不会出现|不出现|无|未见|不存在|缺乏|不具有|不引起|不表现为)[^，。；]{0,8})$",
    re.IGNORECASE,
)


def read_prose(text: str, entities: Entities) -> Iterator[Claim]:
    """Claims in the order of the text."""
    named = entities.find(text)
    carried: Subject | None = None
    for start, end in _sentences(text, named):
        here = [each for each in named if start <= each.start < end]
        subjects = [each.subject for each in here if each.subject is not None]
        sentence = text[start:end]
        if not subjects and not _GOES_ON.match(sentence):
            carried = None if not _PATIENT.search(sentence) else carried
        if not _ASKED.search(sentence.strip()):
            yield from _claims(text, start, here, carried if not subjects else None)
        if subjects:
            carried = subjects[0] if len(set(subjects)) == 1 else None


def _sentences(text: str, named: Sequence[Named]) -> Iterator[tuple[int, int]]:
    """Sentences do not end inside a name."""
    start = 0
    for match in _END.finditer(text):
        if any(each.start <= match.start() < each.end for each in named):
            continue
        yield start, match.end()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _claims(text: str, start: int, here: Sequence[Named], carried: Subject | None) -> Iterator[Claim]:
    for place, each in enumerate(here):
        if each.condition is None or each.uncertain:
            continue
        owners = _owners(text, start, here, place, carried)
        if owners is None:
            continue
        state = _state(text, start, here, place)
        for owner, denied in owners:
            yield Claim(owner, each.condition, "absent" if denied and state == "present" else state, each.start)


def _owners(
    text: str, start: int, here: Sequence[Named], place: int, carried: Subject | None
) -> list[tuple[Subject, bool]] | None:
    """Who has the finding at `place`: (subject, whether the subject itself was denied: "neither A nor B has it")."""
    finding = here[place]
    before = [each for each in here[:place] if each.subject is not None]
    between = text[before[-1].end if before else start : finding.start]
    if before and not _PATIENT.search(between):
        last = _run(text, before)
        if (
            _WEIGHING.search(between)
            or _HEDGED.search(between)
            or any(_APART.search(text[start : each.start]) for each in last)
        ):
            return None
        return [(each.subject, each.negated) for each in last if each.subject is not None]
    if after := _joined(text, here, place):
        return [(subject, False) for subject in after]
    patient = [match.end() for match in _PATIENT.finditer(text, start, finding.start)]
    if patient:
        return None if _WEIGHING.search(text, patient[-1], finding.start) else [(PATIENT, False)]
    goes_on = carried is not None and not before and _GOES_ON.match(text[start:])
    return [(carried, False)] if carried is not None and goes_on else None


def _joined(text: str, here: Sequence[Named], place: int) -> list[Subject]:
    """The subjects after a finding (or a list of them) that it "occurs in": "in A", "in both A and B"."""
    end, found = here[place].end, list[Named]()
    for each in here[place + 1 :]:
        if each.subject is None:
            if found:
                break
            end = each.end
        elif not found:
            between = text[end : each.start]
            if not _JOINS.match(between) or _WEIGHING.search(between):
                break
            found.append(each)
        elif _AND.match(text[found[-1].end : each.start]):
            found.append(each)
        else:
            break
    if found and _OWNS.match(text[found[-1].end :]):  # "in Amberlosis's records"
        return []
    return [each.subject for each in found if each.subject is not None]


def _run(text: str, before: Sequence[Named]) -> list[Named]:
    """The last subject and those joined to it: "both A and B"."""
    run = [before[-1]]
    for each in reversed(before[:-1]):
        if not _AND.match(text[each.end : run[0].start]) or _APART.search(text[: each.start]):
            break
        run.insert(0, each)
    return run


def _state(text: str, start: int, here: Sequence[Named], place: int) -> State:
    """Present unless the words around say otherwise. In a list, what is said at its end is said of all."""
    finding = here[place]
    last = finding
    for each in here[place + 1 :]:
        if each.condition is None or not _AND.match(text[last.end : each.start]):
            break
        last = each
    after = text[last.end : last.end + 60]
    if _UNKNOWN_AFTER.match(after):
        return "unknown"
    before = text[max([start, *(each.end for each in here[:place] if each.subject is not None)]) : finding.start]
    clause = _BUT.split(before)[-1]
    if finding.negated or _ABSENT_AFTER.match(after) or _ABSENT_BEFORE.search(clause):
        return "absent"
    return "present"
