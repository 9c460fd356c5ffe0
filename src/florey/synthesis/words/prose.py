"""Names of nodes in running text: capitals, articles, lists, and which findings are laboratory results.

A name is never changed but in the case of its first letter: every name stands verbatim, upper and lower case ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from florey.synthesis.words.scene import Named

# First words of findings that are names of people, places or organisms, as far as they look like common words.
_PROPER_WORDS = """
    Achilles Acinetobacter Addison Adie Alzheimer Archibald Aspergillus Auer Auspitz Axenfeld Babinski Baker Barrett
    Bartholin Battle Beau Becker Beevor Behcet Bence Bethlem Bielschowsky Birbeck Bitot Blaschko Bouchard Bowen
    Brudzinski Brugada Brushfield Budd Burkitt Bussaca Caesarian Candida Chaddock Charcot Chagas Cheyne Chiari
    Chvostek Civatte Clostridium Cobb Cogan Collier Coombs Crohn Cryptococcus Cushing Dandy Darier Dennie Descemet
    Diamond Donath Duane Dupuytren Ebstein Ehrlich Entamoeba Epstein Escherichia Evans Ewing Faget Fanconi
    Ferrari Fontana Fordyce Friedreich Froment Gaucher Gerbode Gerstmann Gilbert Glasgow Goodpasture Gordon Gottron
    Gowers Graves Grey Guillain Haemophilus Hallervorden Harrison Hashimoto Heberden Heinz Helicobacter Henoch
    Hirano Hirschsprung Hodgkin Hoffmann Hoigne Homer Horner Howell Huntington Hurthle Hutchinson Janeway Jackson
    Jeune Jolly Kaposi Kayser Kernig Kikuchi Klebsiella Klinefelter Klippel Koebner Koeppe Koplik Korsakoff Kounis
    Kussmaul Lafora Langerhans Leber Leriche Lester Lewy Leydig Lhermitte Lisch Listeria Loeffler Luse Lyme Madelung
    Mallory Marcus Meckel Mees Mendelson Meniere Merkel Mizuo Moebius Mondini Moro Muehrcke Mycobacterium Mycoplasma
    Neisseria Netherton Nikolsky Oppenheim Osler Paget Pappenheimer Parinaud Parkinson Pavlik Perthes Peters
    Peyronie Phalen Pierre Pneumocystis Poland Potter Prader Probst Pseudomonas Purkinje Quelprud Rathke Raynaud
    Reed Reinke Rett Reye Rieger Robin Rokitansky Romana Romberg Rosenthal Roth Salmonella Scheuermann Schmorl
    Sertoli Shagreen Sjogren Sjögren Southern Sprengel Staphylococcus Stimson Streptococcus Tarlov Tinel Todd
    Tourette Trendelenburg Trousseau Turner Uhl Usher Valsalva Virchow Volkmann Waldenström Wernicke Williams Wilms
    Wilson Winterbottom Wolff Wolfram Wormian
"""
# How a first word of a disease or a procedure ends when it is no name of a person or place.
_COMMON_ENDING = re.compile(
    r"(?:ia|iae|ic|al|ar|ary|ory|ous|osis|asis|itis|oma|omas|emia|uria|pathy|pathies|trophy|plasia|phalus|phaly|ism"
    r"|tion|sion|ency|ity|ness|ment|ive|ent|ant|ile|ine|oid|ated|ized|sed|ted|red|yl|gen|graphy|scopy|tomy|ectomy|lysis"
    r"|cardia|sis|tus|cy|ing|less|able|dactyly|edema|somy|megaly|thorax|spasm|phalangy|opia|obia"
    r"|rysm|drops|fuse|related|linked|onset)$"
)
_COMMON_WORDS = """
    other acute adult benign blood bone bowel brain breast chronic cleft cold colon combined complete deafness
    developmental dwarf early ear eye fatty fetal giant hand heart high infant ischemic kidney late left limb liver
    low lower lung malaria malignant mild mixed multiple muscle neural open pain partial peanut peptic pink
    progressive rare red right secondary severe short skin skull small spinal split spontaneous stomach stroke
    sudden thyroid type unspecified upper urinary vitamin white x-ray asthma cataract cutis epilepsy gout hernia
    hypoplasia ichthyosis measles migraine mumps myopathy rabies scurvy sepsis tetanus ulcer
"""
_SURNAMES_WORDS = """
    Al Alagille Aldred Argentine Bartter Berardinelli Borrelia Carvajal Cary Char Copenhagen Costello Dent Escobar
    Fontaine Gardener Ghosal Gjessing Goldenhar Grant Hadziselimovic Hardikar Kearns Nijmegen Olmsted Paine Pascal
    Pendred Raine Ravine Renpenning Ribbing Robinow Schimmelpenning Sezary Sézary Thomas Vidal
"""
_PROPER, _COMMON, _SURNAMES = (frozenset(words.split()) for words in (_PROPER_WORDS, _COMMON_WORDS, _SURNAMES_WORDS))
_VOWEL_LETTERS = frozenset("AEFHILMNORSX")
_CONSONANT_SOUND = re.compile(r"(?:uni|eu|ure|uro|ubi|use|usu|uter|one\b|once\b|y)(?!n(?:in|im))", re.IGNORECASE)
_SILENT = re.compile(r"(?:hour|hono|heir|honest)", re.IGNORECASE)
_TAKES_ARTICLE = re.compile(r"Abnormality (?:of|in)\b", re.IGNORECASE)

_NO_LABORATORY = re.compile(
    r"""\b(?:polyuria|dysuria|nocturia|oliguria|anuria|(?:\w*isch|hyper)a?emia|\w*leuka?emia|septica?emia|toxa?emia
    |consciousness|alertness|pressure|vessels?|flow|EEG|EMG|physical|electrical|motor|sexual|seizures?
    |movements?|fissures?|follicles?|volume|forming)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_LABORATORY = re.compile(
    r"""\b(?:elevated|increased|decreased|diminished|reduced|low|high|abnormal|abnormality|absent|raised|prolonged
        |elevation)\b.*
        \b(?:circulating|levels?|concentrations?|counts?|activity|serum|plasma|urinary|urine|CSF|blood|excretion
        |titers?|titres?|prothrombin|thromboplastin|saturation|hemoglobin|hematocrit|sedimentation)\b
    | \b\w+a?emia\b | \b\w{3,}uria\b | \b(?:thrombo|neutro|granulo|eosino)penia\b | \w{3,}cytopenia\b
    | \b(?:leuko|leuco|lympho|thrombo|reticulo|acantho|sphero|poly|ellipto|stomato|mono|aniso|poikilo|macro)cytosis\b
    | \beosinophilia\b | \bacidosis\b | \balkalosis\b | \bpositivity\b | \bpositive\b.*\btest\b""",
    re.IGNORECASE | re.VERBOSE,
)


@lru_cache(maxsize=65_536)
def is_laboratory(name: str) -> bool:
    """Whether a finding is told by a laboratory.

    >>> [is_laboratory(n) for n in ("Hyperkalemia", "Elevated circulating creatine kinase concentration", "Ischemia")]
    [True, True, False]
    """
    return bool(_LABORATORY.search(name)) and not _NO_LABORATORY.search(name)


def running(node: Named) -> str:
    """A name within a sentence: its first letter small, unless it is a proper noun, an acronym or a symbol.

    >>> running(Named("", "Short stature", "finding")), running(Named("", "EEG abnormality", "finding"))
    ('short stature', 'EEG abnormality')
    >>> running(Named("", "Marfan syndrome", "disease")), running(Named("", "Renal agenesis", "disease"))
    ('Marfan syndrome', 'renal agenesis')
    """
    first = re.split(r"[\s,/-]", node.name, maxsplit=1)[0]
    keep = node.type == "gene" or not first[:1].isupper() or not first[1:].islower() or node.name.isupper()
    if keep or _inner_capital(node.name) or first.removesuffix("'s").removesuffix("s") in _PROPER or first in _PROPER:
        return node.name
    if node.type in ("disease", "procedure", "injury", "agent", "pathway", "concept") and not _is_common(first):
        return node.name
    lowered = re.sub(r"^[A-Z]|(?<=/)[A-Z](?=[a-z])", lambda letter: letter[0].lower(), node.name)
    return an(lowered) if _TAKES_ARTICLE.match(lowered) else lowered


def _inner_capital(name: str) -> bool:
    """Two names joined, as in "Charcot-Marie-Tooth disease", a possessive, or a name in title case."""
    return bool(re.match(r"[A-Z]\w+(?:-[A-Z][a-z]|['’]s\b)", name) or re.search(r"[a-z],? [A-Z][a-z]", name))


def _is_common(word: str) -> bool:
    return word.lower() in _COMMON or (word not in _SURNAMES and bool(_COMMON_ENDING.search(word.lower())))


def an(phrase: str) -> str:
    """With its indefinite article, by sound.

    >>> [an(each) for each in ("8-year-old", "X-linked trait", "unilateral cyst", "FGFR3 variant", "hour")]
    ['an 8-year-old', 'an X-linked trait', 'a unilateral cyst', 'an FGFR3 variant', 'an hour']
    """
    return f"{'an' if _begins_with_vowel(phrase) else 'a'} {phrase}"


def _begins_with_vowel(phrase: str) -> bool:
    number = re.match(r"\d+", phrase)
    if number:
        return number[0].startswith("8") or number[0] in ("11", "18")
    word = (re.findall(r"[^\W_]+", phrase) or [""])[0]
    if re.fullmatch(r"[A-Z]|[A-Z]+\d+\w*|[A-Z]{2,5}", word):  # spelt out letter by letter
        return word[0] in _VOWEL_LETTERS
    if _SILENT.match(word):
        return True
    return word[:1].lower() in set("aeiouáéíóúäëïöü") and not _CONSONANT_SOUND.match(word)


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names joined as prose; by semicolons where a name has a comma, and clear of an "and" within a name.

    >>> listed(["Ataxia", "Seizure", "Nystagmus"])
    'Ataxia, Seizure and Nystagmus'
    >>> listed(["ataxia, severe", "seizure", "cyst"])
    'ataxia, severe; seizure; and cyst'
    """
    if len(names) < 2:
        return "".join(names)
    if any("," in name or ";" in name for name in names):
        return f"{'; '.join(names[:-1])}; {word} {names[-1]}"
    comma = "," if any(re.search(r"\b(?:and|or)\b", name) for name in names) else ""
    return f"{', '.join(names[:-1])}{comma} {word} {names[-1]}"


def capitalised(text: str) -> str:
    """The first letter large at the start of a sentence, unless the word has its own capitals ("mTOR", "p53").

    >>> capitalised("ataxia"), capitalised("mTOR pathway")
    ('Ataxia', 'mTOR pathway')
    """
    first = text.split(" ", 1)[0]
    upper = text[:1].upper()
    plain = first == first.lower() and not any(map(str.isdigit, first)) and upper.lower() == text[:1]
    return upper + text[1:] if plain else text
