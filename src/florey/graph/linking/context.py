"""Negation, uncertainty and relatives: NegEx and ConText with our own table of phrases.

The phrases are matched by the automaton that matches the names, so that the longest reading wins: "without" inside the
name "migraine without aura" negates nothing. What is left is a scan over mentions and effects in their order.

Chapman WW, et al. A simple algorithm for identifying negated findings and diseases in discharge summaries. J Biomed
Inform. 2001;34(5):301-310. Harkema H, et al. ConText. J Biomed Inform. 2009;42(5):839-851.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from itertools import product


class Flag(IntFlag):
    NONE = 0
    NEGATED = 1
    UNCERTAIN = 2
    FAMILY = 4


class Reach(StrEnum):
    FORWARD = "forward"  # to the end of the clause
    BACK = "back"  # over all mentions of the clause so far: "fever and cough were absent"
    NEAREST = "nearest"  # the mention before: "she has asthma, and pneumonia was ruled out"
    END = "end"  # a new clause begins
    NOTHING = "nothing"  # looks like a trigger and is none


@dataclass(frozen=True, slots=True)
class Effect:
    reach: Reach
    flag: Flag = Flag.NONE


CLAUSE_END = Effect(Reach.END)

_NEGATED = """
no | not | non | without | denies | deny | denied | denying | denies any | denies having | denies having had
| absence of | lack of | lacks | lacked | lacking | negative for | tested negative for | is negative for
| are negative for | was negative for | were negative for | never | never had | never has | no evidence of
| no sign of | no signs of | no history of | no evidence for | no personal history of | not have | not had | not has
| not having | neither | nor | free of | free from | rules out | ruled out for | excludes | excluded
| exclude the presence of | fails to show | failed to show | failed to reveal | no new | not any | did not reveal
| did not show | does not show | unremarkable for | no complaints of | no complaint of | not complain of
| not report | not show | not cause | cannot have | no known | resolution of | is not associated with
| are not associated with | not associated with | in the absence of | not feel | not experience | not develop
| not exhibit | nothing to suggest | no suggestion of | no suspicion of | no suspicion for | no concern for
| not demonstrate | rather than | instead of | hasn't had | doesn't have | didn't have | don't have | haven't had
| isn't | wasn't | aren't | weren't | had no | has no | have no | having no | with no | presented with no
| presents with no | has not had | have not had | had not had
"""
_UNCERTAIN = """
possible | possibly | probable | probably | suspected | suspect | suspected of having | suspicion of | suspicion for
| suspicious for | may have | might have | could have | may be | might be | could be | may represent
| could represent | might represent | rule out | to rule out | r/o | cannot exclude | cannot rule out
| can not exclude | can not rule out | could not exclude | could not rule out | not exclude | not rule out
| question of | questionable | concern for | concerning for | concern of | presumed | presumptive | presumably
| whether | likely | unlikely | unlikely to have | equivocal for | evaluate for | evaluated for | evaluation for
| screening for | screened for | tested for | differential diagnosis includes | differential includes
| differential diagnosis of | perhaps | apparent | if he has | if she has | worried about | worrisome for | suggests
| suggest | suggesting | suggestive of | raises the possibility of | possibility of | appears to have
| appear to have | not certain if | uncertain if | unclear if | unsure if | versus | thought to have | thought to be
| believed to have
"""
_NEGATED_AFTER = """
absent | negative | ruled out | excluded | not present | not seen | not found | not observed | not detected
| not noted | not identified | not evident | not demonstrated | denied | never developed | never occurred
| not appreciated | not reported | not a feature | unremarkable
"""
_NEGATED_AFTER_ALONE = """
has resolved | have resolved | never developed | never occurred | did not occur | has not occurred
"""
_UNCERTAIN_AFTER = """
suspected | possible | likely | unlikely | considered | questionable | not excluded | not ruled out
| not been ruled out | not been excluded | thought possible | in question | being considered | probable
"""
_UNCERTAIN_AFTER_ALONE = """
cannot be excluded | cannot be ruled out | can not be excluded | can not be ruled out | could not be excluded
| could not be ruled out | must be ruled out | should be ruled out | must be excluded | should be excluded
| needs to be ruled out | remains possible | remains a possibility | may be present | might be present
| has not been excluded | has not been ruled out | have not been excluded | have not been ruled out
"""
_FAMILY = """
family history of | family history is significant for | family history is notable for
| family history is positive for | family history includes | family history positive for
| family history significant for | family history notable for | family history | familial history of | fh of
| history in the family of | family members with | relatives with
"""
_FAMILY_AFTER = (
    "runs in the family | runs in his family | runs in her family | in the family | in his family | in her family"
)
_NOTHING = """
no increase | no increased | no decrease | no change | no significant change | no interval change | no further
| not only | not necessarily | gram negative | not all | no doubt | no difference | no significant difference
| no cure | no known cure | no treatment | no specific treatment | no effective treatment | no vaccine | not drain
| with or without | not without | no matter | not to be confused with | no relation | no relationship
| negative feedback | without difficulty | no specific cure | no effective therapy | no longer responds
| not controlled | no reduction | not uncommon | not unusual | not infrequent | not improve | not respond
| not always | not yet known | not known | not well understood | not fully understood | no more than | no less than
| no one | not just | not merely | not simply | if not | no known treatment | likely to | more likely | less likely
| most likely to | no benefit | no improvement | not treated | not due to | not adequately | no worsening | no worse
| no one with | not limited to | could be due to | may be due to
"""
_ENDS = """
but | however | nevertheless | although | though | yet | except | except for | apart from | aside from | other than
| besides | because | since | despite | secondary to | due to | as a cause of | caused by | who | which | whereas
| while | has | had | have | he | she | they | it | presents | presented | presenting | complains | complained
| complaining | reports | reported | reveals | revealed | shows | showed | demonstrates | demonstrated | notes
| noted | developed | develops | experienced | experiences | positive for | tested positive for | ", with"
| ", and is" | ", and was" | consistent with | diagnosed with | is diagnosed with | was diagnosed with | admitted
| came | comes | therefore | so | instead | only | presence of | the patient | and the patient | treated with
| is treated with | was treated for | history of | past history of | with a | with an | with a history of
| history is significant for | medical history is significant for | medical history includes | caused | causes
| includes | include | where | when | until | after
"""
_RELATIVES = """
mother | father | sister | brother | grandmother | grandfather | aunt | uncle | cousin | parents | siblings | son
| daughter | twin | half-brother | half-sister | relative | family member | grandparents | sisters | brothers
| parent | sibling
"""
_RELATIVE_HAS = """
had | has | have | has had | with | died of | died from | died due to | was diagnosed with | were diagnosed with
| is diagnosed with | suffers from | suffered from | suffer from | developed | also had | also has | both have
| both had | who had | who has | who died of | , who had | , who has | , who died of | who have | who developed
| is affected by | takes medication for | are affected by | has a history of | had a history of | have a history of
| also have | was treated for | is being treated for | has been diagnosed with | have been diagnosed with
"""


def _phrases(table: str) -> Iterator[str]:
    return (phrase.strip().strip('"') for phrase in table.split("|"))


def _table() -> dict[str, Effect]:
    """Every phrase with its effect; what comes later in here overrides."""
    found = dict.fromkeys(_phrases(_ENDS), CLAUSE_END)
    for table, flag in ((_UNCERTAIN, Flag.UNCERTAIN), (_NEGATED, Flag.NEGATED), (_FAMILY, Flag.FAMILY)):
        found |= dict.fromkeys(_phrases(table), Effect(Reach.FORWARD, flag))
    for table, flag in ((_NEGATED_AFTER, Flag.NEGATED), (_UNCERTAIN_AFTER, Flag.UNCERTAIN)):
        for be, phrase in product(("is", "was", "has been"), _phrases(table)):
            found[f"{be} {phrase}"] = Effect(Reach.NEAREST, flag)
        for be, phrase in product(("are", "were", "have been"), _phrases(table)):
            found[f"{be} {phrase}"] = Effect(Reach.BACK, flag)
    for table, flag in ((_NEGATED_AFTER_ALONE, Flag.NEGATED), (_UNCERTAIN_AFTER_ALONE, Flag.UNCERTAIN)):
        found |= dict.fromkeys(_phrases(table), Effect(Reach.NEAREST, flag))
    for relative, verb in product(_phrases(_RELATIVES), _phrases(_RELATIVE_HAS)):
        found[f"{relative}{'' if verb.startswith(',') else ' '}{verb}"] = Effect(Reach.FORWARD, Flag.FAMILY)
    for whose, relative in product(("in his", "in her", "in the patient's", "in a", "in their"), _phrases(_RELATIVES)):
        found[f"{whose} {relative}"] = Effect(Reach.NEAREST, Flag.FAMILY)
    found |= dict.fromkeys(_phrases(_FAMILY_AFTER), Effect(Reach.BACK, Flag.FAMILY))
    return found | dict.fromkeys(_phrases(_NOTHING), Effect(Reach.NOTHING))


EFFECTS = _table()


def scopes(events: Iterable[Effect | None]) -> list[Flag]:
    """The flags of each mention, in order; None stands for a mention.

    >>> no, but = Effect(Reach.FORWARD, Flag.NEGATED), CLAUSE_END
    >>> [flag.name for flag in scopes([no, None, None, but, None])]
    ['NEGATED', 'NEGATED', 'NONE']
    """
    found: list[Flag] = []
    active = Flag.NONE
    clause = 0  # the first mention of the clause
    for event in events:
        if event is None:
            found.append(active)
        elif event.reach is Reach.FORWARD:
            if event.flag is Flag.UNCERTAIN:  # "the absence of fever does not exclude meningitis"
                active &= ~Flag.NEGATED
            active |= event.flag
        elif event.reach is Reach.END:
            active, clause = Flag.NONE, len(found)
        elif event.reach is not Reach.NOTHING:
            for place in range(clause if event.reach is Reach.BACK else max(clause, len(found) - 1), len(found)):
                found[place] |= event.flag
            clause = len(found)
    return found
