"""The review as one self-contained page: served here (`server`), or saved for a reviewer without Florey."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from florey.curation.labels import evidence
from florey.curation.labels import trials as said
from florey.curation.labels.review import Decision, Review
from florey.curation.labels.verification import ReviewItem
from florey.files import digest
from florey.records import LETTERS, Trial, Verdict


class OptionView(NamedTuple):
    letter: str
    text: str
    is_key: bool
    is_suggestion: bool
    chosen: int  # trials


class TrialView(NamedTuple):
    """`places`: in the question's own order, the letter under which each option was shown."""

    number: int
    verdict: str
    choice: str | None  # the question's own letter
    places: tuple[str, ...]
    reordered: bool
    text: str


class ItemView(NamedTuple):
    item: ReviewItem
    options: tuple[OptionView, ...]
    trials: tuple[TrialView, ...]
    models: str
    why: str
    notes: tuple[str, ...]
    certificate: evidence.Table | None
    statements: tuple[evidence.Statement, ...]


def item_view(item: ReviewItem) -> ItemView:
    """What a reviewer is shown of an item, on the page and in the terminal."""
    question, answers = item.question, said.parsed(item.trials)
    chosen = [trial.choice for trial in answers]
    options = tuple(
        OptionView(LETTERS[i], text, i == question.gold, i == item.suggestion, chosen.count(i))
        for i, text in enumerate(question.options)
    )
    return ItemView(
        item=item,
        options=options,
        trials=tuple(map(_trial_view, item.trials)),
        models=", ".join(sorted({trial.model for trial in item.trials})),
        why=f"Wrong in all {len(answers)} trials"
        + (f" that gave one answer, of {len(item.trials)}." if len(answers) < len(item.trials) else "."),
        notes=tuple(_notes(item, answers)),
        certificate=evidence.table(question),
        statements=evidence.statements(question),
    )


def _notes(item: ReviewItem, answers: list[Trial]) -> list[str]:
    options = len(item.question.options)
    notes = [f"A model that guesses fails {item.chance:.1%} of questions like this in all of these trials."]
    if options > 2 and said.same_option(item.trials):
        chosen = LETTERS[answers[0].choice or 0]
        guessed = said.chance_same_wrong(options, len(answers))
        notes.append(
            f"All of them chose {chosen}: a sign that the key is wrong (guesses at a wrong one would in {guessed:.2%})."
        )
    if said.follows_letter(item.trials):
        letter = LETTERS[said.place(answers[0]) or 0]
        notes.append(f"All of them answered {letter}, whatever stood there: they say nothing about the key.")
    return notes


def _trial_view(trial: Trial) -> TrialView:
    places = tuple(LETTERS[trial.order.index(index)] for index in range(len(trial.order)))
    return TrialView(
        number=trial.sample + 1,
        verdict={Verdict.SEVERAL: "several answers", None: "failed"}.get(trial.verdict, str(trial.verdict)),
        choice=None if trial.choice is None else LETTERS[trial.choice],
        places=places,
        reordered=trial.order != tuple(range(len(trial.order))),
        text=trial.text if trial.failure is None else trial.failure,
    )


def render(review: Review, reviewer: str | None = None) -> str:
    """The page of the whole queue. With a `reviewer` it is the one that the server shows: it has that reviewer's
    decisions (and nobody else's, so that two stay independent) and sends new ones; without, it keeps them in the
    browser and saves them to a file.

    Everything from the questions and the model is escaped; nothing is fetched, and only the page's own script runs.
    """
    made = environment()
    style, script = (_source(made, name) for name in ("review.css", "review.js"))
    policy = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "connect-src": "'self'" if reviewer else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return made.get_template("review.html.j2").render(
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
        style=Markup(style),  # noqa: S704  # the package's own files
        script=Markup(script),  # noqa: S704
        views=[item_view(item) for item in review.items.values()],
        letters=LETTERS,
        reviewer=reviewer,
        data=_data(review, reviewer),
    )


def environment() -> Environment:
    """Everything escaped, a missing name an error."""
    return Environment(
        loader=PackageLoader("florey.curation.labels"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _data(review: Review, reviewer: str | None) -> Mapping[str, Any]:
    """What the script works on."""
    items = [
        {
            "id": item.question.id,
            "key": item.question.gold,
            "options": list(item.question.options),
            "suggestion": item.suggestion,
        }
        for item in review.items.values()
    ]
    decisions = review.of(reviewer) if reviewer else {}
    return {
        "queue": digest([item["id"] for item in items]),
        "reviewer": reviewer,
        "items": items,
        "decisions": {each: shown(decision) for each, decision in decisions.items()},
    }


def shown(decision: Decision) -> dict[str, Any]:
    """A decision as the script knows it."""
    return decision.model_dump(mode="json", exclude_none=True)


def _source(made: Environment, name: str) -> str:
    assert made.loader
    return made.loader.get_source(made, name)[0]


def _hash(content: str) -> str:
    """As a content security policy names an inline element that may be used."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
