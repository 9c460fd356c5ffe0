"""The frames of sentences that state a relation, as one declarative table.

A frame with `{L}` is a whole one. One without is a predicate: what stands left of it is found by
`florey.graph.extraction.patterns`. `{R}` is the group on the right, with the words before it. A relation's name says
that the left end is its subject, "~name" that the right end is; the first name that the types allow is taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from florey.graph.extraction.phrases import MACROS


@dataclass(frozen=True)
class Pattern:
    """`name` says in a relation's `rule` which pattern it was."""

    name: str
    relations: tuple[str, ...]
    frame: str
    confidence: float = 0.9

    @cached_property
    def regex(self) -> re.Pattern[str]:
        frame = re.sub(r"\{([A-Z]+)\}", lambda macro: MACROS[macro[1]], self.frame)
        return re.compile(rf"(?<![\w-]){frame}" if self.whole else rf"(?<![\w-])(?:{frame})")

    @property
    def whole(self) -> bool:
        return "{L}" in self.frame


_CAUSED = ("caused_by",)
_CAUSES = ("~caused_by", "has_side_effect")
_BRINGS = ("has_complication", "has_side_effect", "~caused_by", "has_symptom")
_TREATS = ("~treated_by",)
_PREVENTS = ("~prevented_by",)

PATTERNS = (
    # has_symptom
    Pattern("symptoms of", ("has_symptom",), r"{SYM} (?:and {SYM} )?of (?:the )?{F}{L} {ARE} {R}"),
    Pattern("symptom of", ("~has_symptom",), r"{L}(?: (?:that|which) [^,;⟦]*)? {BE}{THE}{F}{SYM} (?:of|in|for) {R}"),
    Pattern("symptoms include", ("has_symptom",), r"(?:its |the |their )?{F}{SYM} (?:and {SYM} )?{ARE} {R}"),
    Pattern(
        "characterised by", ("has_symptom",), r"{BE}?{ADV}(?:characteri[sz]ed|marked|accompanied|manifested) by {R}"
    ),
    Pattern("presents with", ("has_symptom",), r"{DO}(?:presents?|manifests?)(?: itself)? {ADV}(?:with|as|by) {R}"),
    Pattern(
        "people with … have",
        ("has_symptom",),
        r"(?:{MANY} (?:with|who have)|cases of) (?:the )?{F}{L} {DO}"
        r"(?:present with|experience|have|develop|complain of|report|suffer from|show|exhibit) {R}",
    ),
    Pattern(
        "seen in",
        ("has_symptom",),
        r"in (?:{MANY} with )?{F}{L},? {R}[^,;⟦]* {BE}(?:seen|present|observed|found|common)",
    ),
    Pattern("features of … are", ("has_symptom",), r"among the {F}{SYM} of {L} {ARE} {R}"),
    Pattern("with symptoms such as", ("has_symptom",), r"{DO}(?:causes?|produces?|has|have) {F}{SYM} {ARE} {R}"),
    # caused_by
    Pattern("caused by", _CAUSED, r"{BE}?{ADV}(?:caused|triggered|induced|brought on|produced) {ADV}by {R}"),
    Pattern("due to", _CAUSED, r"(?:{BE}{ADV})?(?:due|attributed|attributable|secondary) to {R}"),
    Pattern(
        "results from",
        _CAUSED,
        r"{DO}(?:results?|resulting|arises?|arising|stems?|occurs? as a result) (?:from|of) {R}",
    ),
    Pattern(
        "develops after", _CAUSED, r"{DO}(?:develops?|occurs?) (?:after|following) (?:an? )?{F}infection with {R}", 0.8
    ),
    Pattern("causes of", _CAUSED, r"causes? of (?:the )?{F}{L} {ARE} {R}"),
    Pattern(
        "causes",
        ("has_side_effect", "~caused_by"),
        r"{DO}(?:causes?|induces?|provokes?|triggers?) (?:most cases of )?{R}",
    ),
    Pattern("cause of", _CAUSES, r"{BE}{THE}{F}causes? of {R}"),
    Pattern("responsible for", _CAUSES, r"{BE}responsible for {R}"),
    # has_risk_factor
    Pattern("risk factor for", ("~has_risk_factor",), r"{BE}{THE}{F}risk factors? (?:for|of) {R}"),
    Pattern("risk factors for", ("has_risk_factor",), r"risk factors (?:for|of) (?:the )?{F}{L} {ARE} {R}"),
    Pattern(
        "increases the risk of",
        ("~has_risk_factor",),
        r"{DO}(?:increases?|raises?|elevates?)(?: the| an?(?: individual| person)?'s)? (?:risks?|likelihood"
        r"|chances?) (?:of|for) (?:developing )?{R}",
    ),
    Pattern(
        "risk is increased by",
        ("has_risk_factor",),
        r"risk of (?:developing )?{F}{L} {BE}(?:increased|higher|raised|greater) (?:by|in|among|with) "
        r"(?:{MANY} with )?{R}",
    ),
    Pattern(
        "at higher risk of",
        ("~has_risk_factor",),
        r"(?:{MANY} (?:with|who (?:take|have|use)) )(?:the )?{F}{L} (?:have|are at) (?:an? )?{ADV}"
        r"(?:increased|higher|greater|elevated|high|raised) risk (?:of|for) (?:developing )?{R}",
    ),
    Pattern("predisposes to", ("~has_risk_factor",), r"{DO}predisposes? (?:\w+ ){0,2}to {R}"),
    Pattern(
        "more common in",
        ("has_risk_factor",),
        r"{BE}more (?:common|frequent|likely) (?:in|among) (?:{MANY} (?:with|who have) )?{R}",
        0.8,
    ),
    Pattern("associated as risk factor", ("has_risk_factor",), r"{BE}associated with {R} as (?:a )?{F}risk factors?"),
    # has_complication
    Pattern(
        "complications of", ("has_complication", "has_side_effect"), r"complications? of (?:the )?{F}{L} {ARE} {R}"
    ),
    Pattern(
        "complication of",
        ("~has_complication",),
        r"(?:{BE}{THE}|{DO}(?:develops?|occurs?) as an? ){F}complications? of {R}",
    ),
    Pattern(
        "complications include", ("has_complication", "has_side_effect"), r"(?:its |the )?{F}complications? {ARE} {R}"
    ),
    Pattern("complicated by", ("has_complication",), r"{BE}?complicated by {R}"),
    Pattern("leads to", _BRINGS, r"{DO}(?:leads?|progress(?:es)?|evolves?) {ADV}to {R}"),
    Pattern("results in", _BRINGS, r"{DO}results? {ADV}in {R}"),
    # diagnosed_by
    Pattern(
        "diagnosed by",
        ("diagnosed_by",),
        r"{BE}?{ADV}(?:diagnosed|detected|identified|confirmed) {ADV}(?:by|with|using|through|via|on|from) "
        r"(?:(?:an? |the )?(?:measuring|means of|results of|use of)(?: \w+){0,3} (?:with|by) )?{R}",
    ),
    Pattern(
        "diagnosis by",
        ("diagnosed_by",),
        r"diagnosis of (?:the )?{F}{L} {BE}(?:confirmed|made|based|established|supported) (?:by|with|on|using"
        r"|through) {R}",
    ),
    Pattern(
        "diagnosis requires",
        ("diagnosed_by",),
        r"diagnosis of (?:the )?{F}{L} {DO}(?:requires?|involves?|includes?|relies on) {R}",
    ),
    Pattern(
        "diagnosis is by",
        ("diagnosed_by",),
        r"(?:the )?{F}diagnosis {BE}(?:confirmed |made |based |established )?(?:by|with|on) {R}",
    ),
    Pattern(
        "used to diagnose",
        ("~diagnosed_by",),
        r"{BE}?(?:{USED} )?(?:to (?:diagnose|confirm|detect|identify)|(?:for|in) (?:the )?(?:diagnosis of"
        r"|diagnosing|detecting)) {R}",
    ),
    Pattern(
        "standard for diagnosing",
        ("~diagnosed_by",),
        r"{BE}{THE}{F}(?:test|standard|investigation|method)s? (?:of choice )?(?:for|in) (?:the )?"
        r"(?:diagnosis of|diagnosing|detecting) {R}",
    ),
    Pattern(
        "confirms the diagnosis",
        ("~diagnosed_by",),
        r"{DO}(?:confirms?|establish(?:es)?|supports?) (?:the|a) diagnosis of {R}",
    ),
    Pattern(
        "allows diagnosis", ("~diagnosed_by",), r"{DO}(?:allows?|enables?) {R} to be (?:diagnosed|detected|identified)"
    ),
    # treated_by, palliated_by
    Pattern(
        "treated with",
        ("treated_by",),
        r"{BE}?{ADV}(?:treated|managed|controlled|cured|treatable) {ADV}(?:with|by|using) "
        r"(?:(?:the )?(?:surgical )?(?:removal|combination|combinations) [^,;⟦]{0,40}(?:, )?(?:known as|called) )?{R}",
    ),
    Pattern(
        "treatment of",
        ("treated_by",),
        r"(?:treatments?|therapy|therapies|medications?|management|drugs) (?:of|for) (?:the )?{F}{L} {ARE} {R}",
    ),
    Pattern("treatment includes", ("treated_by",), r"(?:its |the )?{F}(?:treatments?|therapy|management) {ARE} {R}"),
    Pattern(
        "treatment for",
        _TREATS,
        r"{BE}{THE}{F}(?:treatments?|therapy|therapies|medications?|drugs?|agents?)(?: of choice)?"
        r"(?: used)? (?:for|of|in|against) {R}",
    ),
    Pattern("treats", _TREATS, r"{DO}(?:treats?|cures?) {R}"),
    Pattern(
        "used to treat",
        _TREATS,
        r"{BE}?{USED} {ADV}(?:(?:in order )?to (?:treat|manage|control|cure)|(?:for|in) (?:the )?(?:treatment"
        r"|management|therapy) of|(?:for|in) (?:treating|managing)|for|against) {R}",
    ),
    Pattern("not effective against", _TREATS, r"{BE}effective (?:against|for|in) {R}"),
    Pattern("responds to", ("treated_by",), r"{DO}responds? {ADV}to (?:\w+ with )?{R}"),
    Pattern(
        "relieves",
        ("~palliated_by",),
        r"{BE}?(?:{USED} )?(?:to )?(?:relieves?|eases?|alleviates?|soothes?) (?:the )?(?:symptoms of )?{R}",
    ),
    Pattern(
        "relieves … in",
        ("~palliated_by",),
        r"{BE}?(?:{USED} )?(?:to )?(?:relieves?|eases?|alleviates?) [^,;]{0,40} in {R}",
    ),
    Pattern(
        "symptomatic relief",
        ("~palliated_by",),
        r"{DO}(?:provides?|gives?|offers?) (?:symptomatic|symptom|palliative) (?:relief|treatment|therapy)"
        r"(?: of \w+)? (?:in|of|for|from) {R}",
    ),
    Pattern(
        "symptoms eased",
        ("palliated_by",),
        r"symptoms of (?:the )?{F}{L} {BE}(?:eased|relieved|alleviated|controlled|reduced) (?:with|by|using) {R}",
    ),
    Pattern(
        "relief of",
        ("palliated_by",),
        r"(?:symptomatic|symptom) (?:relief|treatment) (?:of|for|in) {F}{L} {BE}(?:obtained|achieved"
        r"|provided) (?:with|by|using) {R}",
    ),
    # prevented_by
    Pattern(
        "prevented by", ("prevented_by",), r"{BE}?{ADV}(?:prevented|preventable) {ADV}(?:by|with|using|through) {R}"
    ),
    Pattern(
        "prevention of",
        ("prevented_by",),
        r"(?:prevention|prophylaxis) (?:of|against) (?:the )?{F}{L}(?: [^,;⟦]{0,30})? (?:{ARE}|{BE}"
        r"(?:achieved|done) (?:by|with)) {R}",
    ),
    Pattern(
        "prevents",
        _PREVENTS,
        r"(?:{BE}?(?:{USED} )?(?:to prevent|(?:for|in) (?:the )?(?:prevention|prophylaxis) of|(?:for"
        r"|in) preventing)|{DO}(?:prevents?|protects? \w* ?against|wards? off)) {R}",
    ),
    Pattern(
        "reduces the risk of",
        _PREVENTS,
        r"{DO}(?:reduces?|lowers?|decreases?) (?:the )?(?:risk|incidence|likelihood|chance)s? of (?:developing )?{R}",
    ),
    # contraindicated_in
    Pattern(
        "contraindicated in",
        ("contraindicated_in",),
        r"{BE}contraindicated (?:in|during|for) (?:the presence of )?(?:{F}{MANY} with )?{R}",
    ),
    Pattern(
        "should not be used in",
        ("contraindicated_in",),
        r"(?:(?:should|must) (?:not|never) be (?:used|given|taken|prescribed|administered)|{BE}not recommended) "
        r"(?:to|in|by|during|for) (?:{F}{MANY} with )?{R}",
    ),
    Pattern(
        "contraindications to", ("contraindicated_in",), r"contraindications? (?:to|for|of) (?:the )?{F}{L} {ARE} {R}"
    ),
    Pattern("contraindication to", ("~contraindicated_in",), r"{BE}{THE}{F}contraindications? (?:to|for) {R}"),
    Pattern(
        "should avoid", ("~contraindicated_in",), r"{MANY} with {F}{L} (?:should|must) (?:avoid|not (?:use|take)) {R}"
    ),
    Pattern(
        "should be avoided in",
        ("contraindicated_in",),
        r"(?:should|must) be avoided (?:in|by|during) (?:{F}{MANY} with )?{R}",
    ),
    # has_side_effect
    Pattern("side effects of", ("has_side_effect",), r"{BAD} (?:of|with|from) (?:the )?{F}{L} {ARE} {R}"),
    Pattern("side effect of", ("~has_side_effect",), r"(?:{BE}{THE}{F}|as an? ){BAD} of {R}"),
    Pattern("side effects include", ("has_side_effect",), r"(?:its |the |and )?{F}{BAD} {ARE} {R}"),
    Pattern(
        "adverse effects with",
        ("~has_side_effect",),
        r"{BAD} (?:such as|including|like) {F}{L} (?:occur|may occur|can occur|are seen|are common) (?:with|in) {R}",
    ),
    Pattern("associated as adverse effect", ("has_side_effect",), r"{BE}associated with {R} as (?:an? )?{F}{BAD}"),
    Pattern(
        "people taking … develop",
        ("has_side_effect",),
        r"{MANY} (?:taking|treated with|receiving|who take) (?:the )?{F}{L} {DO}(?:develop|experience) {R}",
    ),
    # has_mechanism
    Pattern(
        "inhibits",
        ("has_mechanism",),
        r"{DO}(?:inhibits?|blocks?|stimulates?|activates?|antagoni[sz]es?|binds?(?: to)?|targets?"
        r"|interferes? with|suppresses|modulates|enhances|agoni[sz]es) (?:the )?{F}(?:encoded by )?{R}",
        0.85,
    ),
    Pattern(
        "works by inhibiting",
        ("has_mechanism",),
        r"{DO}(?:works?|acts?|functions?|exerts? its effects?|exerts? their effects?) {ADV}(?:by|through|via) "
        r"(?:the )?(?:inhibiting|blocking|stimulating|activating|antagoni[sz]ing|binding(?: to)?|preventing"
        r"|suppressing|reducing|increasing|enhancing|interfering with|(?:inhibition|blockade|activation"
        r"|suppression|stimulation) of) {R}",
    ),
    Pattern(
        "mechanism of",
        ("has_mechanism",),
        r"mechanisms? of (?:action of )?(?:the )?{L} {DO}(?:involves?|includes?|is|are) (?:the )?(?:"
        r"(?:inhibition|blockade|activation|suppression|stimulation) of )?{R}",
    ),
    # in_drug_class, is_a
    Pattern("is a", ("in_drug_class", "has_inheritance"), r"{BE}(?:an?|the) {R}"),
    Pattern("type of", ("is_a",), r"{BE}{THE}{F}(?:types?|forms?|subtypes?|variants?|kinds?|subsets?) of {R}"),
    Pattern("types of", ("~is_a",), r"(?:types|subtypes|forms|variants|kinds) of (?:the )?{F}{L} {ARE} {R}"),
    Pattern(
        "belongs to",
        ("in_drug_class",),
        r"{DO}belongs? to (?:the |a )?(?:(?:class|group|family) (?:of (?:drugs|medicines|medications"
        r"|antibiotics) )?(?:called |known as |of )?)?(?:the )?{R}",
    ),
    Pattern("of the class", ("in_drug_class",), r"(?:{BE}(?:{THE}{F})?(?:of|in|from) the) {R} (?:class|family|group)"),
    Pattern("such as", ("~in_drug_class",), r"{L},? (?:such as|including|like) {R}"),
    Pattern("and other", ("in_drug_class",), r"{L},? (?:and|or) other {R}"),
    Pattern("includes", ("~in_drug_class", "~is_a"), r"^(?:the )?{L} (?:include|comprise) {R}", 0.85),
    # located_in
    Pattern(
        "affects",
        ("located_in",),
        r"{DO}(?:affects?|involves?|attacks?|begins? (?:in|within)|starts? in|occurs? in|arises? in"
        r"|develops? in|lies (?:in|within)) {R}",
        0.85,
    ),
    Pattern("located in", ("located_in",), r"{BE}?(?:located|found|situated|contained) {ADV}(?:in|within|inside) {R}"),
    Pattern(
        "disease of the",
        ("located_in",),
        r"{BE}{THE}(?:{F}or )?{F}{NOUN} (?:of|in|that affects|affecting|involving) {R}",
    ),
    # associated_gene, has_inheritance
    Pattern(
        "mutation in … causes",
        ("~associated_gene",),
        r"{MUT} (?:in|of) (?:the )?{F}{L}(?: genes?)? {DO}(?:{BE}?{ADV}(?:associated with|linked to"
        r"|implicated in|found in)|causes?|leads? to|results? in|underlie|predispose to|increase the risk of) {R}",
    ),
    Pattern(
        "caused by mutation in",
        ("associated_gene",),
        r"(?:{BE}{ADV})?(?:caused by|due to|results? from|arises? from|associated with|linked to) (?:an? )?{F}"
        r"{MUT} (?:in|of|on) {R}",
    ),
    Pattern("inherited as", ("has_inheritance",), r"{BE}?(?:inherited|transmitted) {ADV}(?:in|as|through) {R}"),
    Pattern(
        "follows a pattern",
        ("has_inheritance",),
        r"{DO}(?:follows?|shows?|has|have|displays?) {R} (?:pattern|mode|inheritance|trait)",
    ),
    Pattern("inheritance of", ("has_inheritance",), r"inheritance (?:of|in) (?:the )?{L} {ARE} {R}"),
    # in_specialty
    Pattern(
        "specialists in",
        ("in_specialty",),
        r"{BE}?(?:managed|treated|diagnosed|seen) (?:by|in) {F}(?:(?:specialists|doctors|physicians|experts"
        r"|departments) (?:in|of) )?{R}",
    ),
    Pattern(
        "specialty that treats",
        ("~in_specialty",),
        r"(?:{BE}(?:an?|the) [^,;⟦]*?(?:that |which )?)?(?:deals? with|treats?|is concerned with"
        r"|concerned with|focus(?:es|ed) on|cover(?:s|ing)) (?:[^,;⟦]*?(?:such as|including|like|of|on) )?{R}",
    ),
)
