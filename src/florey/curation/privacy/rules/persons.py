"""Names of persons by what stands around them: a title, a label, kinship, an age; or a known given name with a surname.

There is no model that has learned names: "Kowalska improved" is not seen unless the same text names her in full.
"""

from __future__ import annotations

from florey.curation.privacy.rules.phrases import any_of
from florey.curation.privacy.rules.rule import CERTAIN, LIKELY, Rule
from florey.curation.privacy.words import lines_of

_NO_NAME = any_of(
    """
    The A An Is Was Are Were Has Had He She It They We You His Her Their Our Who Which What When Where While On
    In At After Before And Or But For From With Without If This That These Those There Here No Not Of To By As
    All Both Each Every Some Such Upon Since During However Today Yesterday Recently Meanwhile Later Finally
    Additionally Currently Initially Previously Then Thus Therefore Also Although Because Despite Results Result
    Findings Figure Figures Radiographs Table Patient Patients Doctor Doctors Nurse Hospital Clinic Practice
    Practitioner Midwife Specialist Department Unit Ward Center Centre University Medical Emergency Date Name
    Phone Tel Address Age Sex January February March April May June July August September October November
    December Monday Tuesday Wednesday Thursday Friday Saturday Sunday Type Stage Grade Class Vitamin Health
    Questionnaire Global Education Safety Care Blood Boy Girl Man Woman Male Female Child Infant Baby Mother
    Father Street Road Avenue North South East West New Upstate Hmm Caucasian Hispanic African Asian American
    Indian Chinese Japanese Jewish Sir Madam Colleague Editor United Saint Los San Institute Society Association
    Council Agency Organization College Academy School Committee Foundation Registry Trial Study Report
    Guidelines Disease Syndrome Mr Mrs Ms Miss Mx Dr Drs Prof Professor Rev Sir Herr Frau
    """
)
_GUARD = rf"(?!{_NO_NAME}(?![\p{{L}}]))"
_WORD = rf"{_GUARD}(?:\p{{Lu}}[\p{{L}}]*\p{{Ll}}|\p{{Lu}}['’]\p{{Lu}}\p{{Ll}}+)(?:[-'’]\p{{Lu}}\p{{L}}+)*"
_INITIAL = r"\p{Lu}(?:-\p{Lu})?\.(?:-?\p{Lu}\.)*"
_PART = rf"(?:{_WORD}|{_INITIAL})"
_OF = r"(?:(?:van|von|de|der|den|da|di|del|della|la|le|du|dos|bin|ibn|al|el|ter|st)[\s-])"
_CAPITALS = rf"{_GUARD}\p{{Lu}}{{2,}}(?:[-'’]\p{{Lu}}+)*(?:\s(?:\p{{Lu}}{{3,}}|\p{{Lu}}{{2}}(?=,)))?"
_FURTHER = rf"(?:\s+(?:{_OF}){{0,2}}{_PART})"
_FULL = rf"(?:{_OF}){{0,2}}{_PART}{_FURTHER}{{0,3}}"
SEVERAL = rf"{_PART}{_FURTHER}{{1,3}}"
"""A name of two to four parts."""
_START = r"(?<![\p{Latin}\p{N}-])"
_END = r"(?![\p{Latin}\p{N}])"

_TITLE = any_of(
    """
    Mr Mrs Ms Miss Mx Dr Drs Doctor Prof Professor Rev Reverend Capt Captain Sgt Sergeant Señor Señora Sra Sr
    Herr Frau Mme Monsieur
    """
)
_WEAK_TITLE = any_of(
    """
    Nurse Matron Midwife Sister Brother Father Sir Dame Lady Lord Pastor Rabbi Imam Officer Detective Judge
    Uncle Aunt Auntie Constable Inspector Colonel Lieutenant Corporal
    """
)
_LABEL = any_of(
    """
    patient(?:['’]s)?_name full_name first_name last_name given_name family_name maiden_name
    name_of_(?:the_)?(?:patient|child|mother|father) name surname next_of_kin emergency_contact
    attending(?:_physician)? consultant surgeon physician GP PCP provider referring_(?:doctor|physician)
    referred_by adjuster requested_by ordered_by entered_by verified_by interpreter witness clinician
    radiologist pathologist technician cc attn Re author dictated_by signed(?:_by)? reported_by contact guardian
    carer patient pt NOK
    """
)
_THING = any_of("drug brand generic trade gene test product device file disease proprietary common")
_RELATIVE = any_of(
    """
    wife husband spouse partner son daughter mother father mom mum dad sister brother twin aunt uncle niece
    nephew cousin grandson granddaughter grandmother grandfather fiancée? girlfriend boyfriend friend neighbou?r
    colleague roommate
    """
)
_FAMILY = rf"(?:(?:step-?|half-|great-?)?{_RELATIVE}(?:-in-law)?)"
_OTHERS = any_of(
    """
    caregiver carer guardian nurse midwife physician doctor surgeon cardiologist neurologist oncologist
    psychiatrist pa?ediatrician therapist physiotherapist dermatologist consultant obstetrician gyna?ecologist
    GP PCP teacher coach boss employer supervisor patient baby infant child boy girl man woman resident
    registrar participant volunteer subject caller witness practitioner radiographer radiologist pharmacist
    diet[ic]+ian porter interpreter translator paramedic solicitor lawyer social_worker ana?esthetist
    anesthesiologist pathologist technician secretary student intern chaplain huisarts Hausarzt médecin médico
    läkare landlord holder claimant donor recipient
    """
)
_KIN = rf"(?:{_FAMILY}|{_OTHERS})"
_WHOSE = r"(?:[Hh]is|[Hh]er|[Tt]heir|[Mm]y|[Oo]ur|[Tt]he\s+patient['’]s)"
_OLD = r"\d{1,3}[-\s]?(?:years?|yrs?|months?|weeks?|days?)[-\s](?:old|of\s+age)|\d{1,3}[-\s]?(?:y\.?/?o\.?|yo)(?!\p{L})"
_OFFICE = any_of(
    r"M\.?D\.? R\.?N\.? Ph\.?D\.? D\.O\. N\.?P\.? PA-C FRCP FRCS FACS MBBS MBChB LPN BSN DDS PharmD OTR DPT"
)
_VERB = any_of(
    """
    presents? presented complains? complained reports? reported denies denied states? stated says said tells
    told explains admits admitted visits? visited comes came arrives? arrived lives works worked underwent
    developed started stopped attended called phoned returned has_been had_been has_had has_an? had_an? recalls?
    recalled asks asked refuses refused agreed agrees feels felt noticed notes
    (?:is|was)_(?:an?|brought|admitted|referred|seen|discharged|born|accompanied|diagnosed|found|taken|transferred|started|treated)
    (?:is|was)_(?:worried|concerned|prescribed|married|retired|living|currently|then|the|his|her)
    """
)
_PERSONAL = any_of(
    """
    presents? presented complains? complained denies denied says said told asked refused lives visited recalls
    agreed signed wrote witnessed translates translated attended called phoned requested consented declined
    accompanied
    was_(?:admitted|born|referred|seen|discharged|accompanied|brought|counselled|transferred|reviewed)
    """
)
_THEIRS = any_of(
    """
    parents symptoms family condition case medications? doctor history wife husband son daughter mother father
    sister brother
    """
)
_SIGNED = any_of(
    """
    seen examined reviewed referred signed treated operated_on prepared dictated written evaluated assessed
    reported counselled
    """
)
_BY = any_of(
    """

    (?:accompanied|escorted|witnessed|interpreted|brought_in|performed|requested|ordered|collected|seen|examined|reviewed|referred|signed|treated)_by
    (?:dictated|written|evaluated|assessed|reported|prepared)_by spoke_(?:to|with) discussed_with
    under_the_care_of on_behalf_of letter_from handed_over_to copied_to consent_from
    """
)


def _rule(name: str, pattern: str, score: float = LIKELY) -> Rule:
    return Rule(name, "PERSON", _START + pattern, score=score)


def _rules() -> tuple[Rule, ...]:
    given = any_of(" ".join(lines_of("given_names.txt")))
    return (
        _rule("title", rf"{_TITLE}\.?\s+\K(?:{_FULL}|{_CAPITALS}){_END}", CERTAIN),
        _rule(
            "title and initial",
            rf"(?:Mr|Mrs|Ms|Miss|Dr)\.?\s+\K\p{{Lu}}(?:\.\p{{Lu}})*(?:\.(?!\s+\p{{Lu}}))?{_END}",
            CERTAIN,
        ),
        _rule("title of a calling", rf"{_WEAK_TITLE}\s+\K{_FULL}{_END}"),
        _rule(
            "label",
            rf"(?i:(?<!{_THING}\s){_LABEL})\s*[:=]\s*(?:{_TITLE}\.?\s+)?"
            rf"\K(?:{_CAPITALS},\s+(?:{_CAPITALS}|{_FULL})|{_WORD},\s+{_PART}(?:\s+{_INITIAL})?(?=\s*(?:[,;.(]|$))|{_FULL}|{_CAPITALS}(?:\s+(?:{_CAPITALS}|{_PART}))?){_END}",
            CERTAIN,
        ),
        _rule("named", rf"{_KIN}(?:\s+\w+){{0,3}}?,?\s+(?i:named|called|nicknamed)\s+[\"“'‘]?\K{_FULL}{_END}"),
        _rule(
            "name is",
            rf"(?i:(?:{_WHOSE}|{_KIN}['’]s)\s+(?:\w+\s+)?names?\s+(?:is|was|are|were)|née|nee)\s+\K{_FULL}{_END}",
        ),
        _rule("kinship", rf"{_KIN},?\s+\(?\K(?:{SEVERAL}|{given}){_END}"),
        _rule("own kinship", rf"{_WHOSE}\s+(?:\p{{Ll}}+\s+)?{_KIN},?\s+(?:is\s+)?\K{_FULL}{_END}"),
        _rule("kinship in brackets", rf"(?i:{_FAMILY})\s+\(\K{_WORD}(?:\s+{_WORD})?(?=[,;)])"),
        _rule(
            "kinship before a name",
            rf"(?i:{_FAMILY}|carer|caregiver|guardian)\s+\K{_WORD}(?=[,.;)](?:\s|$)|$|\s+(?:is|was|has|had|and|both|who|says?|said|will|can|lives)\s)",
        ),
        _rule(
            "spoken to",
            rf"(?i:ask(?:ed)?\s+for|speak\s+(?:to|with)|spoke\s+(?:to|with)|(?:call|ring|contact)\s+me\s+\(|my\s+name\s+is|attn\.?|attention)\s*\K{_FULL}{_END}(?!\s+(?:{_THING}))",
        ),
        _rule("calling before initial and name", rf"{_OTHERS}\s+\K(?:{_INITIAL}\s*)+(?:{_OF}){{0,2}}{_WORD}{_END}"),
        _rule(
            "calling before surname and given name",
            rf"(?:attending|consultant|surgeon|resident|registrar|provider|physician)[:,]?\s+\K{_WORD},\s+{_WORD}(?:\s+{_INITIAL})?{_END}",
        ),
        _rule("religious title", rf"Sr\.\s+\K{_FULL}{_END}"),
        _rule(
            "letter",
            rf"(?:Dear|(?i:invoice|letter|copy|addressed|report|sent|bill|note)\s+(?:to|from|for))\s+\K(?:{SEVERAL}|(?<=Dear\s+){_WORD}){_END}",
        ),
        _rule("initials after the word", r"(?i:initials)\s*[:(]?\s*\K\p{Lu}{2,3}(?![\p{L}\p{N}])"),
        _rule("kinship in apposition", rf"{_FAMILY},\s+\K{_WORD}(?=,)"),
        _rule("office", rf"{SEVERAL}(?=,?\s+{_OFFICE}{_END})", CERTAIN),
        _rule("age", rf"(?:{SEVERAL}|{given})(?=,?\s+(?:(?:is|was)\s+)?(?:\(|an?\s+|aged?\s+)?(?:{_OLD}))"),
        _rule("age beside a name", rf"{_WORD}(?=(?:,\s+(?:an?\s+|aged\s+)|\s+\()(?:{_OLD}))"),
        _rule(
            "age in figures",
            rf"(?:{SEVERAL}|{given})(?=,\s+(?:aged?\s+)?\d{{1,2}},|\s+\((?:aged?\s+)?\d{{1,2}}(?:\s?[MF])?\)|,?\s+aged\s+\d)",
        ),
        _rule(
            "given name and surname",
            rf"{given}\s+(?:{_INITIAL}\s*)?(?:{_OF}){{0,2}}(?:{_WORD})(?:\s+(?:{_WORD}))?{_END}",
        ),
        _rule("given name who acts", rf"{given}(?=,\s+(?:an?|who|aged)\s|\s+{_VERB}{_END}|['’]s\s+{_THEIRS}{_END})"),
        _rule(
            "given name that visits",
            rf"{given}(?=\s+(?:visits|helps|answers|cares|drives|collects|phones|interprets|accompanies|picks)\s)",
        ),
        _rule("surname before given name", rf"{_WORD},\s+{given}(?=\s*(?:[,;.(]|$))"),
        _rule("first of two", rf"{given}(?=\s+and\s+{given}{_END})"),
        _rule("second of two", rf"{given}\s+and\s+\K{given}(?:\s+{_WORD})?{_END}"),
        _rule("who acts", rf"{SEVERAL}(?=\s+{_PERSONAL}{_END})"),
        _rule("patient who acts", rf"(?i:patient|pt\.?)\s+\K{_WORD}(?=\s+{_VERB}{_END})"),
        _rule("newborn", rf"[Bb]aby\s+(?:boy\s+|girl\s+)?\K{_WORD}(?=\s+(?:is|was|has|had|of)\s)"),
        _rule("named as doing", rf"(?i:{_BY})\s+\K(?:{SEVERAL}){_END}"),
        _rule("signed", rf"(?i:{_SIGNED})\s+by\s+\K{_INITIAL}\s?{_WORD}{_END}"),
        _rule(
            "initials and surname",
            rf"(?!I\.\s?[VM]\.|[PN]\.\s?O\.|U\.\s?[SK]\.)\p{{Lu}}\.\s?\p{{Lu}}\.\s?{_WORD}{_END}",
        ),
        _rule("initials", r"(?i:patient|pt\.?|initials|by|signed)[:,]?\s+\K\p{Lu}\.\s?\p{Lu}\.(?:\s?\p{Lu}\.)?"),
        _rule("initials that are said to be some", r"\p{Lu}\.\s?\p{Lu}\.(?:\s?\p{Lu}\.)?(?=[^.]{0,40}\binitials\b)"),
        _rule(
            "initials with an age",
            rf"\p{{Lu}}\.\s?\p{{Lu}}\.(?:\s?\p{{Lu}}\.)?(?=,?\s+(?:is\s+)?(?:an?\s+|aged\s+)?(?:{_OLD}))",
        ),
    )


RULES = _rules()
