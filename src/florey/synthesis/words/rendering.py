"""Stems as text. Names of nodes stand exactly as in the graph; the short forms come first."""

from __future__ import annotations

from collections.abc import Sequence

from florey.errors import BadInput, nearest
from florey.files import digest
from florey.synthesis.words.form_files import built_in
from florey.synthesis.words.grammar import Form
from florey.synthesis.words.patient import patient
from florey.synthesis.words.scene import Scene


def render_scene(scene: Scene, key: object, forms: int | None = None, own: Sequence[Form] | None = None) -> str:
    """The stem of one question: a form of its kind, chosen by the hash of `key` (any JSON-able value).

    `forms` limits the choice to the first so many, of which those are taken whose needs the scene meets. `own`: the
    forms of a kind that does not come with Florey. Raises BadInput for a kind without forms and for a scene whose
    nodes are not those that the forms name.
    """
    known = own or built_in().get(scene.kind)
    if not known:
        raise BadInput(f"no forms for the kind of question '{scene.kind}'{nearest(scene.kind, built_in())}")
    expected, given = known[0].variables, {name for name, nodes in scene.nodes.items() if nodes}
    if given != expected:
        raise BadInput(f"{scene.kind}: its forms name {', '.join(sorted(expected))}, got {', '.join(sorted(given))}")
    who = patient(scene, key)
    choice = [form for form in known[:forms] if form.fits(scene, who)]
    return choice[int(digest(key), 16) % len(choice)].fill(scene, who)
