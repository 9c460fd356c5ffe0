"""Numbers that no label announces and that only an identifier looks like: long, grouped or mixed with letters.

Believed least of all: whatever else reads the same place is right, as is a value with its unit.
"""

from __future__ import annotations

import re

from florey.curation.privacy.rules.phrases import any_of
from florey.curation.privacy.rules.rule import END, START, Rule

SHAPED = 0.5
"""Nothing but its form says so."""

_PUBLIC = any_of(
    """
    NCT ISRCTN PMID PMCID PMC DOI EudraCT ChiCTR CTRI ACTRN HP MONDO DOID ORPHA ORPHANET OMIM MIM SNOMED CUI
    UMLS MESH GO CHEBI DRUGBANK CHEMBL HMDB KEGG UNIPROT ENS\\p{Lu}* NM NP NC NG XM LRG RS COSM COSV CAS EC ICD
    RXNORM ATC LOINC AMG BMS MK PF LY ABT GSK RO SB AZD JNJ TAK BAY INCB ONO SCH CP UK PD WAY SR LOXO ARRY RG
    MDX REGN ALN SKF Hp Ki CA CD HLA CYP IL GCS ICU SARS COVID ATCC DSM CDC WHO ISO EN YBB GB GBZ GBT YY WS ANSI
    DIN BP HR RR IU USD EUR GBP RMB CNY
    """
)
"""Prefixes of what is numbered for everybody: trials, ontologies, genes, compounds, markers, norms."""
_NOT_PUBLIC = rf"(?!(?i:{_PUBLIC})[-_:\s]?\d)"
_BEFORE = (
    r"(?<!字)(?<![\p{Latin}\p{N}.,/:+*^×$€£¥=<>≤≥~±-])"
    r"(?<!(?i:OMIM|MIM|CAS|EC|PMID|ICD|SNOMED|CUI|ATC|ORPHA)[\s:#]{1,2})"
)
_AFTER = (
    r"(?![\p{Latin}\p{N}])(?![-/.:,]\d)(?!\s?(?:[%‰°×x*^]|(?:[kmµμun]?g|m?[lL]|IU|U|k?Pa|[kcmµ]?m|mm\s?Hg|Hz|p?mol|cells?|copies|"
    r"colon(?:y|ies)|CFU|cfu|units?|particles|people|patients|persons|births|women|men|children|individuals|subjects|"
    r"years?|deaths|live|platelets|per)(?![A-Za-z])|个|人|例|单位|元|万|亿))(?!\s?/\s?(?:[mµμ]|cu|hpf|HPF))"
)


def _is_no_quantity(text: str) -> bool:
    """A round number counts something.

    >>> _is_no_quantity("5000000"), _is_no_quantity("1 200 000"), _is_no_quantity("304118827")
    (False, False, True)
    """
    return not re.sub(r"\D", "", text).endswith("000")


def _is_no_row(text: str) -> bool:
    """Groups of a number, not a list or a range of small ones: they are long, or differ in length.

    >>> _is_no_row("120 130 140 150"), _is_no_row("10-20-30-40"), _is_no_row("4991 1866 5246")
    (False, False, True)
    """
    groups = re.findall(r"\d+", text)
    return (
        _is_no_quantity(text)
        and not all(group.endswith("0") for group in groups)
        and (len("".join(groups)) >= 9 or text.startswith("0"))
        and len(max(groups, key=len)) > 2
    )


def _shaped(name: str, finds: str, pattern: str, **more: object) -> Rule:
    return Rule(name, finds, rf"{_BEFORE}{_NOT_PUBLIC}(?:{pattern}){_AFTER}", score=SHAPED, **more)  # type: ignore[arg-type]


RULES = (
    _shaped("long number", "RECORD_NUMBER", r"\d{7,20}", valid=_is_no_quantity),
    _shaped("letters and a long number", "RECORD_NUMBER", r"\p{Lu}{1,5}[-#]?\d{5,18}(?:[-/]?\p{Lu}{1,2}|[-/]\d{1,6})?"),
    _shaped("number, letters, number", "RECORD_NUMBER", r"\d{1,4}\p{Lu}{1,3}\d{4,}\p{Lu}?|\d{6,}[-/]?\p{Lu}{1,3}"),
    _shaped(
        "parts with letters",
        "RECORD_NUMBER",
        r"(?=(?:[A-Za-z/:-]*\d){5})(?=[A-Za-z\d/:-]*\d{4})(?=[\d/:-]*[A-Z])[A-Z\d]{1,10}(?:[/:-](?:[A-Z\d]{1,10}|[a-z]{1,3}(?=[/:-]))){1,4}",
    ),
    _shaped(
        "year and a running number",
        "RECORD_NUMBER",
        r"(?:19|20)?\d\d[-/](?:0\d{3,5}|\d{5,7})|0\d{2,5}/\d\d(?:\d\d)?|\d{4,6}/(?:1\d|2\d)(?!\d)",
        valid=_is_no_quantity,
    ),
    _shaped("groups of figures", "ID_NUMBER", r"\d{1,6}(?:-\d{1,6}){2,5}", valid=_is_no_row),
    _shaped("groups with points", "ID_NUMBER", r"\d{3,4}(?:\.\d{2,4}){2,3}", valid=_is_no_row),
    _shaped(
        "groups apart",
        "ID_NUMBER",
        r"\d{3}\s\d{3}\s\d{3,4}|\d{4}(?:\s\d{4}){2,3}|\d{3}\s\d{2}\s\d{4}|[12](?:\s\d{2}){3}\s\d{3}\s\d{3}(?:\s\d{2})?",
        valid=_is_no_row,
    ),
    Rule("Hong Kong identity card", "ID_NUMBER", rf"{START}\p{{Lu}}{{1,2}}\d{{6}}\s?[(（][\dA][)）]"),
    Rule("Swiss insured person", "ID_NUMBER", rf"{START}756\.\d{{4}}\.\d{{4}}\.\d{{2}}{END}"),
    _shaped(
        "telephone number, groups from 0",
        "PHONE",
        r"\(?0\d{1,3}\)?[\s-]\d{3,4}(?:\s\d{2,4}){1,2}|\(?0\d{1,4}\)?[\s-]\d{3,4}[\s-]?\d{3,4}",
    ),
    _shaped("telephone number in pairs", "PHONE", r"0\d(?:([\s.-])\d\d)(?:\1\d\d){3}"),
    _shaped("telephone number from 00", "PHONE", r"00\s?\d{2,3}(?:[\s-]\d{1,5}){2,5}"),
    _shaped("service number", "PHONE", r"1[38]00[\s-]\d{3}[\s-]\d{3}|0?800[\s-]\d{3,4}[\s-]?\d{3,4}"),
    Rule(
        "label behind its number",
        "RECORD_NUMBER",
        rf"{_BEFORE}(?=(?:[A-Za-z/.\s-]?\d){{4}})[A-Za-z0-9]{{1,40}}+(?:[-/.\s](?=[A-Za-z]*\d)[A-Za-z0-9]++){{0,4}}"
        r"(?=\s*(?:[(（]\s*|,?\s+(?:(?:is|was|being|as)\s+)?(?:(?:the|her|his|their|my|our|a)\s+))(?:[\w'’]+\s+){0,3}"
        r"(?i:number|no\.|MRN|SSN|NHI|ID|identifier|reference|barcode|accession|licen[cs]e|passport|policy|serial|extension|pager)(?![A-Za-z]))",
        score=SHAPED,
    ),
    Rule(
        "one more of them",
        "RECORD_NUMBER",
        rf"\ufffc\)?\s*(?:[,;/&(]|,?\s*(?:and|or|then|now|formerly|previously|old|new|alias)(?:\s+\(?|\s*:\s*)|[、和或及])\s*\K{_NOT_PUBLIC}"
        rf"(?=(?:[A-Za-z/:-]?\d){{5}})[A-Za-z0-9]+(?:[-/:][A-Za-z0-9]+)*{_AFTER}",
        score=SHAPED,
        valid=_is_no_quantity,
    ),
)
