"""Pages taken apart: what is a sentence, where it stands, what an infobox says; and texts made to break a parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mwparserfromhell import parser

from florey.graph.wiki.article import Article, Page, PageTooComplex
from florey.graph.wiki.sentences import sentence_spans
from florey.graph.wiki.wikitext import redirect_target, take_apart


def apart(text: str) -> Article:
    return take_apart(Page("Wobbles", 1, 2, text))


def said(text: str) -> list[str]:
    return [sentence.text for sentence in apart(text).sentences]


def test_the_fast_tokenizer_is_installed() -> None:
    assert parser.use_c


def test_sentences_have_their_wikitext() -> None:
    text = "'''Wobbles''' is an [[infection|infectious]] disease.<ref>{{cite|a. B}}</ref> It&nbsp;hurts [[Foot|feet]]s."
    first, second = apart(text).sentences
    assert (first.text, second.text) == ("Wobbles is an infectious disease.", "It hurts feets.")
    assert text[first.start : first.end] == "'''Wobbles''' is an [[infection|infectious]] disease."
    assert text[second.start : second.end] == "It&nbsp;hurts [[Foot|feet]]s."
    assert [(link.target, second.text[link.start : link.end]) for link in second.links] == [("Foot", "feets")]
    assert apart(text).bold == ("Wobbles",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A.<!-- B. C. --> D.", ["A. D."]),  # "A" is taken for an initial
        ("Yes it is.<ref name=a/><ref>No. It is not.</ref> Good.", ["Yes it is.", "Good."]),
        ("Seen [[File:a.jpg|thumb|The [[hand]]. Left.]] in hands.", ["Seen in hands."]),
        ("Before\n{| class=x\n| cell. Text\n|}\nAfter", ["Before", "After"]),
        ("Takes {{nowrap|5 mg}} or {{convert|5|mg}} {{cn}}.", ["Takes 5 mg or 5 mg."]),
        ("Wobbles ({{IPA|x}}) shake.", ["Wobbles shake."]),
        ("Wobbles ({{IPA|x}}; from Wob) shake.", ["Wobbles (from Wob) shake."]),
        ("See [http://x.org the page. Of it] now.", ["See the page. Of it now."]),
        ("<math>a. B</math>p < 0.05 and q > 3.", ["p < 0.05 and q > 3."]),
        ("One\nline.\n\nTwo", ["One line.", "Two"]),
        ("* [[Rest]] helps\n# so does\n\n: sleep", ["Rest helps", "so does", "sleep"]),
        ("== References ==\nBook. Shelf.\n== Signs ==\nRash.", ["Rash."]),
        ("[[Category:X]] {{unclosed It is. [[Also this.", ["{{unclosed It is.", "[[Also this."]),
        ("[[de:Wobbel]]Short.", ["Short."]),
        ("{{Infobox x|a={{b|{{c}}}}|}}Done.", ["Done."]),
        ("...", []),
    ],
)
def test_what_is_prose(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Treated by Dr. Smith, e.g. with E. coli. It works.", 2),
        ("Shown by Wob et al. The end.", 2),
        ("Shown by Wob et al. Smith agreed.", 1),
        ("A dose of 2.5 mg. Twice.", 2),
        ("J. K. Wobble found it. He left.", 2),
        ("It is hepatitis B. It spreads.", 2),
        ('He said "stop." Then left.', 2),
        ("Is it? Yes! No.", 3),
    ],
)
def test_abbreviations(text: str, count: int) -> None:
    assert len(sentence_spans(text)) == count


def test_links_of_other_kinds_are_words_only() -> None:
    text = (
        "See [[wikt:foot|foot]], [[#Signs|signs]], [[:Category:Pain|pains]], [[Foot (body)|]] and [[hand_bone#Left]]."
    )
    (sentence,) = apart(text).sentences
    assert sentence.text == "See foot, signs, pains, Foot and hand_bone#Left."
    assert [link.target for link in sentence.links] == ["Foot (body)", "Hand bone"]


def test_infobox_fields() -> None:
    text = """{{hatnote|x}}{{Infobox medical condition (new)
| name = Wobbles
| Other_Names = {{hlist|shakes|the [[wob]]}}<!-- more -->
| symptoms =
* [[Fever|high fever]]<ref>{{cite|x=y}}</ref>
* {{nowrap|[[Cough]] at night}}
| causes = [[Virus]]<br />cold &amp; [[File:x.png|20px]] rain
| empty =
}} Text."""
    (box,) = apart(text).infoboxes
    assert (box.template, text[box.start : box.end][-2:]) == ("infobox medical condition (new)", "}}")
    fields = {field.name: field for field in box.fields}
    assert {name: field.text for name, field in fields.items()} == {
        "name": "Wobbles",
        "other names": "shakes; the wob",
        "symptoms": "high fever; Cough at night",
        "causes": "Virus; cold & rain",
    }
    symptoms = fields["symptoms"]
    assert text[symptoms.start : symptoms.end].startswith("symptoms =\n* [[Fever")
    assert text[symptoms.start : symptoms.end].endswith("at night}}")
    assert [(link.target, symptoms.text[link.start : link.end]) for link in symptoms.links] == [
        ("Fever", "high fever"),
        ("Cough", "Cough"),
    ]


def test_sections_categories_and_disambiguation() -> None:
    article = apart(
        "'''Wob''' may mean:\n* [[Wob (river)]], a river\n* The [[wob disease]], see [[fever]]\n{{disambiguation}}\n"
        "== ''Other'' uses ==\nNone. [[Category:Pain_signs| ]] [[Category:Pain signs]]"
    )
    assert article.disambiguates == ("Wob (river)", "Wob disease")
    assert article.categories == ("Pain signs",)
    assert [sentence.section for sentence in article.sentences] == ["", "", "", "Other uses"]
    assert apart("* [[A]]\n{{stub}}").disambiguates == ()


def test_redirects() -> None:
    assert redirect_target("#redirect: [[pain_sign#x]] {{R}}") == "Pain sign"
    assert redirect_target("See #redirect [[x]]") is None
    assert take_apart(Page("X", 1, 1, "Text here.", redirect="Y")).sentences == ()


@pytest.mark.parametrize(
    "text",
    ["{{a|" * 300_000, "{{" * 500_000, "{{Infobox disease|a=" + "x" * 200_000 + "}}", "x" * 4_000_001],
)
def test_too_complex_pages_are_refused(text: str) -> None:
    with pytest.raises(PageTooComplex):
        apart(text)


@pytest.mark.parametrize(
    ("unit", "characters"),
    [
        ("<ref>", 3_900_000),  # searching its end again for each would take hours
        *((unit, 600_000) for unit in ("<ref ", "[[", "[http://x ", "<", "&", "''", "'''''", "<!--", "{|\n", "\n{|")),
        *((unit, 600_000) for unit in ("[[a|", "}}", " .", "{{a}}", "(", "( \x01")),
    ],
)
def test_repeated_marks_take_no_more_than_a_moment(unit: str, characters: int) -> None:
    """Quadratic work would not end: the run itself is the check."""
    apart(unit * (characters // len(unit)))


PIECES = st.sampled_from(
    [
        *("{{", "}}", "[[", "]]", "|", "{|", "|}", "\n", "\n\n", "\n* ", "\n== H ==\n", "'''", "''", "'''''", "<ref>"),
        *("</ref>", "<ref name=a/>", "<!--", "-->", "&nbsp;", "&amp;", "[http://x y. Z w]", "[[File:a|b]]", "\x01"),
        *(
            "[[Category:Pain]]",
            "[[a b|c. D e]]s",
            "Dr. ",
            "A fever. ",
            "It is. ",
            "{{Infobox x|",
            "a=",
            "<br>",
            "(",
            ")",
        ),
        *(
            "{{nowrap|b. C}}",
            "{{plainlist|\n* ",
            "{{disambig}}",
            "\u2028",
            "\x85",
            "[[x|",
            "{{{1|}}}",
            "{{chembox x|y=",
        ),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=40).map("".join))
def test_any_text_is_taken_apart_with_true_places(text: str) -> None:
    article = apart(text)
    last = 0
    for sentence in article.sentences:
        assert last <= sentence.start < sentence.end <= len(text)
        last = sentence.end
        before = 0
        for link in sentence.links:
            assert before <= link.start < link.end <= len(sentence.text)
            assert link.target
            before = link.end
        if not re.search(r"[&{<\x01]", text):  # entities and templates show other characters than they are written in
            verbatim = iter(text[sentence.start : sentence.end])
            assert all(letter in verbatim for letter in sentence.text if not letter.isspace())
    for box in article.infoboxes:
        assert text[box.start : box.start + 2] == "{{"
        for field in box.fields:
            assert box.start < field.start < field.end <= box.end
            assert all(0 <= link.start < link.end <= len(field.text) for link in field.links)


WORDS = st.text(st.sampled_from("abcdeé"), min_size=1, max_size=6)


@given(st.lists(st.tuples(WORDS, WORDS, st.sampled_from(["", "'''", "''"])), min_size=1, max_size=8))
def test_visible_words_come_back(parts: list[tuple[str, str, str]]) -> None:
    text = " ".join(f"{mark}{plain}{mark} [[T{label}|{label}]]<ref>x. Y</ref>" for plain, label, mark in parts)
    (sentence,) = apart(text).sentences
    assert sentence.text == " ".join(f"{plain} {label}" for plain, label, _ in parts)
    found = [(link.target, sentence.text[link.start : link.end]) for link in sentence.links]
    assert found == [(f"T{label}", label) for _, label, _ in parts]
