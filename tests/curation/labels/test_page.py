"""The page says what is known, escapes everything, and runs nothing but its own script."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from florey.curation.labels.page import item_view, render
from florey.curation.labels.review import Decision, Review, now
from florey.curation.labels.verification import LabelConfig, verify_labels
from florey.files import write_jsonl
from florey.records import (
    Binding,
    Certificate,
    Condition,
    Edge,
    Evidence,
    OptionProof,
    Question,
    Strength,
    Support,
    Verdict,
)

from .conftest import question, trials

EVIL = "</script></pre></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'`${1}{{7*7}}"


class Page(HTMLParser):
    """What a browser would make of the text: tags, their attributes, and what stands between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def reviewing(
    folder: Path, *asked: Question, words: str = "Because.", answers: tuple[int | None, ...] = (1,) * 5
) -> Review:
    verified = verify_labels(asked, {each.id: trials(each, answers, words) for each in asked}, LabelConfig())
    write_jsonl(folder / "queue.jsonl", verified.queue)
    return Review(folder)


def test_everything_is_escaped_and_nothing_is_fetched(tmp_path: Path) -> None:
    evil = Question(
        stem=EVIL,
        context=EVIL,
        options=(EVIL, EVIL + "2", EVIL + "3"),
        gold=0,
        source=EVIL,
        source_id=EVIL,
        specialty=EVIL,
        language='en" onclick="alert(3)',
    ).identified()
    review = reviewing(tmp_path, evil, words=EVIL)
    plain = reviewing(tmp_path, question(options=3, context="x", source_id="1", specialty="s"))
    for reviewer in (None, 'an"a<script>'):
        made, usual = Page(render(review, reviewer)), Page(render(plain, reviewer))
        assert made.tags == usual.tags  # not one more
        assert {name for name, _ in made.attributes} == {name for name, _ in usual.attributes}
        assert not {name for name, _ in made.attributes} & {"src", "srcset", "action", "style"}
        assert all((value or "").startswith("#item-") for name, value in made.attributes if name == "href")
        assert made.text.count(EVIL) >= 12


def test_the_policy_allows_the_pages_own_script_alone(tmp_path: Path) -> None:
    review = reviewing(tmp_path, question())
    for reviewer, connects in ((None, "'none'"), ("ana", "'self'")):
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', render(review, reviewer))
        rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
        assert (rules["default-src"], rules["connect-src"], rules["form-action"]) == ("'none'", connects, "'none'")
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules["script-src"])


def test_the_page_has_what_a_reviewer_needs(tmp_path: Path) -> None:
    text = Page(render(reviewing(tmp_path, question(language="zh", context="先读。"), words="想一想"))).text
    for said in (
        *("Which sea is salt?", "先读。", "想一想", "the southern one", "5 of 5 trials", "Wrong in all 5 trials."),
        *("Research software: not for diagnosis or treatment.", "All of them chose B: a sign that the key is wrong"),
        *("fails 23.7% of questions", "would in 1.23%"),
    ):
        assert said in text
    assert Page(render(Review(tmp_path))).attributes.count(("lang", "zh")) > 5


def test_a_served_page_has_its_reviewers_decisions_and_nobody_elses(tmp_path: Path) -> None:
    asked = question()
    review = reviewing(tmp_path, asked)
    for by, reason in (("ana", "anas reason"), ("bo", "bos reason")):
        review.add([Decision(question_id=asked.id, action="drop", reviewer=by, reason=reason, at=now())])
    served = render(review, "ana")
    assert "anas reason" in served and "bos reason" not in served
    assert not {"anas reason", "bos reason"} & set(re.findall(r"\w+ reason", render(review)))
    assert render(review) == render(review)


def test_a_trial_is_shown_in_the_questions_own_order() -> None:
    asked = question()
    made = trials(asked, [1, 1, 1, 1, Verdict.SEVERAL])
    (item,) = verify_labels([asked], {asked.id: made}, LabelConfig()).queue
    view = item_view(item)
    assert [option.chosen for option in view.options] == [0, 4, 0, 0]
    assert [(option.is_key, option.is_suggestion) for option in view.options[:2]] == [(True, False), (False, True)]
    assert not view.trials[0].reordered
    for trial, shown in zip(made, view.trials, strict=True):
        assert [trial.order["ABCD".index(letter)] for letter in shown.places] == [0, 1, 2, 3]
    assert [each.choice for each in view.trials] == ["B", "B", "B", "B", None]
    assert view.trials[4].verdict == "several answers"
    assert view.why == "Wrong in all 4 trials that gave one answer, of 5."


def test_letters_that_are_followed_and_failures_are_said() -> None:
    asked = question()
    orders = [each.order for each in trials(asked, [1] * 3)]
    place = next(place for place in range(4) if all(order[place] != asked.gold for order in orders))
    made = [*trials(asked, [order[place] for order in orders]), *trials(asked, [None, None])]
    (item,) = verify_labels([asked], {asked.id: made}, LabelConfig()).queue
    view = item_view(item)
    assert f"All of them answered {'ABCD'[place]}, whatever stood there: they say nothing about the key." in view.notes
    assert (view.trials[4].verdict, view.trials[4].text) == ("failed", "timeout: nothing came")


def certified() -> Question:
    def proof(option: int, *states: str) -> OptionProof:
        strength = {"present": Strength.ASSERTED, "absent": Strength.CLOSED_WORLD, "unknown": None}
        supports = tuple(Support(state=each, strength=strength[each]) for each in states)  # type: ignore[arg-type]
        fits = states == ("present", "absent")
        bindings = (Binding(supports=supports),)
        return OptionProof(option=f"D:{option}", satisfies=fits, bindings=bindings, strength=Strength.ASSERTED)

    return question(
        options=2,
        option_ids=("D:0", "D:1"),
        conditions=(
            Condition(subject="?", relation="has_finding", object="HP:1"),
            Condition(subject="*", relation="associated_gene", object="G:1", holds=False),
        ),
        certificate=Certificate(
            graph="g",
            proofs=(proof(0, "present", "absent"), proof(1, "unknown", "absent")),
            strength=Strength.CLOSED_WORLD,
            closed_world_share=1,
        ),
        path=(
            Edge(
                id="e-1",
                subject="D:0",
                relation="has_finding",
                object="HP:1",
                positive=False,
                evidence=Evidence(source="hpo", release="2025", reference="PMID:1", quote="It wobbles."),
            ),
        ),
    )


def test_the_certificate_and_its_evidence_are_shown(tmp_path: Path) -> None:
    text = Page(render(reviewing(tmp_path, certified()))).text
    for said in (
        *("Evidence of the graph", "its weakest basis: not annotated (closed world)", "present, annotated", "unknown"),
        *("this option – has finding – HP:1", "not: a hidden node – associated gene – G:1", "It wobbles."),
        *("the northern one – NOT has finding – HP:1", "hpo 2025, PMID:1"),
    ):
        assert said in text
    assert "a sign that the key is wrong" not in text  # with two options there is only one other
    assert "Evidence of the graph" not in Page(render(reviewing(tmp_path, question()))).text


@pytest.mark.parametrize("count", [0, 26])
def test_an_empty_queue_and_a_long_question_have_a_page(tmp_path: Path, count: int) -> None:
    asked = Question(stem="Long?", options=tuple(f"o{i}" for i in range(26)), gold=25, source="t").identified()
    assert "Research software" in render(reviewing(tmp_path, *([asked] if count else [])))
