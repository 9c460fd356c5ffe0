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
    CreditCardRecognizer,
    IbanRecognizer,
    IpRecognizer,
    MacAddressRecognizer,
    NhsRecognizer,
    PhoneRecognizer,
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
    """A recogniser of presidio's that takes Chinese characters for spaces, so that a number beside one has an edge.

    It reads only texts in which it may find something, where `worth` matches, and what it finds must look `like` one.
    """

    def __init__(
        self, inner: EntityRecognizer, language: Language, worth: re.Pattern[str], like: re.Pattern[str]
    ) -> None:
        self._inner = inner
        self._worth = worth
        self._like = like
        super().__init__(inner.supported_entities, name=type(inner).__name__, supported_language=language)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        if not self._worth.search(text):
            return []
        own = {RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id}  # the engine loses results of other recognisers
        inner = self._inner.analyze(_CJK.sub(" ", text), entities, nlp_artifacts)  # type: ignore[arg-type]
        return [
            RecognizerResult(each.entity_type, each.start, each.end, each.score, recognition_metadata=own)
            for each in inner
            if self._like.match(text, each.start, each.end)
        ]


def _packaged(language: Language) -> Iterable[Apart]:
    # trying the telephone numbers of all regions is what takes time
    yield Apart(
        PhoneRecognizer(supported_entity="PHONE", supported_regions=_REGIONS), language, _LONG_NUMBER, _TELEPHONE
    )
    for inner in (
        CreditCardRecognizer(supported_entity="ID_NUMBER"),
        IbanRecognizer(supported_entity="ID_NUMBER"),
        NhsRecognizer(supported_entity="ID_NUMBER"),
        UsSsnRecognizer(supported_entity="ID_NUMBER"),
        UkNinoRecognizer(supported_entity="ID_NUMBER"),
        UsMbiRecognizer(supported_entity="INSURANCE_NUMBER"),
        IpRecognizer(supported_entity="URL"),
        MacAddressRecognizer(supported_entity="DEVICE_NUMBER"),
    ):
        yield Apart(inner, language, _NUMBER, _ANYTHING)


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
