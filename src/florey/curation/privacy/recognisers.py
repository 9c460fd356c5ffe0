"""Presidio without a model and without the net: our rules and those of its recognisers that a check digit backs.

Import this module late: presidio takes seconds to load and comes with the extra `privacy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import regex  # type: ignore[import-untyped]
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    LocalRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NoOpNlpEngine
from presidio_analyzer.predefined_recognizers import (
    AuMedicareRecognizer,
    CaSinRecognizer,
    CreditCardRecognizer,
    DeTaxIdRecognizer,
    EsNieRecognizer,
    EsNifRecognizer,
    FiPersonalIdentityCodeRecognizer,
    IbanRecognizer,
    InAadhaarRecognizer,
    IpRecognizer,
    ItFiscalCodeRecognizer,
    MacAddressRecognizer,
    NhsRecognizer,
    PhoneRecognizer,
    PlPeselRecognizer,
    SePersonnummerRecognizer,
    SgFinRecognizer,
    UkNinoRecognizer,
    UsMbiRecognizer,
    UsSsnRecognizer,
)

from florey.curation.privacy.rules.rule import Language, Rule

_CJK = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_LONG_NUMBER = re.compile(r"(?:\d[\s().-]*){7}")
_NUMBER = re.compile(r"\d[^,;。，；]*\d")
_TELEPHONE = re.compile(r"(?=(?:\D*\d){7})(?:[+(0]|\d{3})")
"""Not "10 12 14 16 18", which is a number in France, nor "135-145"."""
_ANYTHING = re.compile("")
_LOWEST = 0.4
"""Presidio's scores below it need words around them that only a model of the language would read."""
_DOCUMENTS = (
    CreditCardRecognizer,
    IbanRecognizer,
    NhsRecognizer,
    UsSsnRecognizer,
    UkNinoRecognizer,
    SePersonnummerRecognizer,
    PlPeselRecognizer,
    FiPersonalIdentityCodeRecognizer,
    EsNifRecognizer,
    EsNieRecognizer,
    ItFiscalCodeRecognizer,
    SgFinRecognizer,
    InAadhaarRecognizer,
    CaSinRecognizer,
    DeTaxIdRecognizer,
)
_REGIONS = ("US", "GB", "CN", "AU", "IN", "FR", "HK")


class Rules(LocalRecognizer):
    """Our rules of one language in presidio's terms; one recogniser, since each costs presidio more than a pattern."""

    def __init__(self, rules: Sequence[Rule], language: Language) -> None:
        self._rules = [(rule, regex.compile(rule.pattern, regex.MULTILINE)) for rule in rules]
        super().__init__(sorted({rule.finds for rule in rules}), name="florey", supported_language=language)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        known = {RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}
        return [
            RecognizerResult(rule.finds, found.start(), found.end(), rule.score, recognition_metadata=known)
            for rule, pattern in self._rules
            if rule.finds in entities
            for found in pattern.finditer(text)
            if rule.valid is None or rule.valid(found[0])
        ]


class Apart(LocalRecognizer):
    """Recognisers of presidio's that take Chinese characters for spaces, so that a number beside one has an edge.

    They read only texts in which they may find something, where `worth` matches, and what they find must look `like`
    one. Several together, since each recogniser costs the engine more than most texts do.
    """

    def __init__(
        self, inner: Sequence[EntityRecognizer], language: Language, worth: re.Pattern[str], like: re.Pattern[str]
    ) -> None:
        self._inner = inner
        self._worth = worth
        self._like = like
        kinds = sorted({kind for each in inner for kind in each.supported_entities})
        super().__init__(kinds, name=worth.pattern, supported_language=language)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        if not self._worth.search(text):
            return []
        own = {RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}  # the engine loses results of other recognisers
        apart = _CJK.sub(" ", text)
        return [
            RecognizerResult(each.entity_type, each.start, each.end, each.score, recognition_metadata=own)
            for inner in self._inner
            if not set(inner.supported_entities).isdisjoint(entities)
            for each in inner.analyze(apart, entities, nlp_artifacts)  # type: ignore[arg-type]
            if self._like.match(text, each.start, each.end)
        ]


def _packaged(language: Language) -> Iterable[Apart]:
    # trying the telephone numbers of all regions is what takes time
    phones = PhoneRecognizer(supported_entity="PHONE", supported_regions=_REGIONS)
    yield Apart([phones], language, _LONG_NUMBER, _TELEPHONE)
    documents: list[EntityRecognizer] = [kind(supported_entity="ID_NUMBER") for kind in _DOCUMENTS]
    documents += [kind(supported_entity="INSURANCE_NUMBER") for kind in (UsMbiRecognizer, AuMedicareRecognizer)]
    documents += [IpRecognizer(supported_entity="URL"), MacAddressRecognizer(supported_entity="DEVICE_NUMBER")]
    yield Apart(documents, language, _NUMBER, _ANYTHING)


def analyzer(rules: Sequence[Rule], languages: Sequence[Language]) -> AnalyzerEngine:
    """An engine over `rules` and presidio's own patterns. It reads no model and opens no connection."""
    recognizers: list[EntityRecognizer] = []
    for language in languages:
        recognizers.append(Rules([rule for rule in rules if language in rule.languages], language))
        recognizers += _packaged(language)
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers, supported_languages=list(languages)),
        nlp_engine=NoOpNlpEngine([{"lang_code": language, "model_name": ""} for language in languages]),
        supported_languages=list(languages),
        default_score_threshold=_LOWEST,
    )
