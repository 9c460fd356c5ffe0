"""Presidio without a model and without the net: our rules and those of its recognisers that a check digit backs.

Import this module late: presidio takes seconds to load and comes with the extra `privacy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    LocalRecognizer,
    Pattern,
    PatternRecognizer,
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
_LONG_NUMBER = re.compile(r"\d(?:[\d\s()./-]{5,})\d")
_LOWEST = 0.4
"""Presidio's scores below it need words around them that only a model of the language would read."""
_REGIONS = ("US", "GB", "CN", "AU", "IN", "DE", "FR", "HK")


class RuleRecognizer(PatternRecognizer):
    """One of our rules in presidio's terms."""

    def __init__(self, rule: Rule, language: Language) -> None:
        pattern = Pattern(rule.name, rule.pattern, rule.score)
        super().__init__(rule.finds, rule.name, language, [pattern], global_regex_flags=re.MULTILINE)
        self._valid = rule.valid

    def invalidate_result(self, pattern_text: str) -> bool:
        return self._valid is not None and not self._valid(pattern_text)


class Apart(LocalRecognizer):
    """A recogniser of presidio's that takes Chinese characters for spaces, so that a number beside one has an edge."""

    def __init__(self, inner: EntityRecognizer, language: Language) -> None:
        self._inner = inner
        super().__init__(inner.supported_entities, name=inner.name, supported_language=language)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        if not _LONG_NUMBER.search(text):  # trying the regions' telephone numbers is what takes time
            return []
        found: list[RecognizerResult] = self._inner.analyze(_CJK.sub(" ", text), entities, nlp_artifacts)
        return found


def _packaged() -> Iterable[EntityRecognizer]:
    yield PhoneRecognizer(supported_entity="PHONE", supported_regions=_REGIONS)
    yield CreditCardRecognizer(supported_entity="ID_NUMBER")
    yield IbanRecognizer(supported_entity="ID_NUMBER")
    yield NhsRecognizer(supported_entity="ID_NUMBER")
    yield UsSsnRecognizer(supported_entity="ID_NUMBER")
    yield UkNinoRecognizer(supported_entity="ID_NUMBER")
    yield UsMbiRecognizer(supported_entity="INSURANCE_NUMBER")
    yield IpRecognizer(supported_entity="URL")
    yield MacAddressRecognizer(supported_entity="DEVICE_NUMBER")


def analyzer(rules: Sequence[Rule], languages: Sequence[Language]) -> AnalyzerEngine:
    """An engine over `rules` and presidio's own patterns. It reads no model and opens no connection."""
    recognizers: list[EntityRecognizer] = []
    for language in languages:
        recognizers += [RuleRecognizer(rule, language) for rule in rules if language in rule.languages]
        recognizers += [Apart(inner, language) for inner in _packaged()]
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers, supported_languages=list(languages)),
        nlp_engine=NoOpNlpEngine([{"lang_code": language, "model_name": ""} for language in languages]),
        supported_languages=list(languages),
        default_score_threshold=_LOWEST,
    )
