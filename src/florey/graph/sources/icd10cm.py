"""ICD-10-CM: the tabular list and the list of codes, as the package simple-icd-10-cm ships them or from a folder.

https://www.cms.gov/medicare/coding-billing/icd-10-codes. The package is located, not imported: importing it builds a
tree of its own in seconds. Chapters, blocks and codes become one is_a tree; what a code excludes or asks to code first
is a rule of billing and is left out. Codes with a seventh character (initial encounter, left eye, …) stand in the list
of codes only; their names come from the tabular list's definitions of that character, as in the package.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from florey.errors import BadInput
from florey.graph.model import IS_A, Node, Statement, statement
from florey.graph.sources import Licence
from florey.graph.sources.reading import Misfits, only_file, read_lines

NAME = "icd10cm"
LICENCE = Licence(
    "Public domain in the United States; the classification is WHO's (https://www.who.int/about/policies/publishing)",
    "ICD-10-CM: National Center for Health Statistics, derived from ICD-10 of the World Health Organization",
)
TYPES = {"18": "finding", "19": "injury", "20": "external_cause", "21": "health_factor"}
"""Of a chapter's codes, where they are no diseases."""
_RANGE = re.compile(r"\s*\(([A-Z]\w\w)(?:-([A-Z]\w\w))?\)$")
_EMPTY_WORDS = frozenset(("a", "an", "and", "by", "due", "in", "of", "the", "to", "nos", "unspecified"))


class Icd10cm:
    """The release that the folder or the installed package holds."""

    def __init__(self, folder: Path | None = None, *, seventh: bool = True, strict: bool = True) -> None:
        """`folder`: has icd10c*tabular*.xml and a code-list*.txt of one code a line, without dots (None: those of the
        installed package). `seventh`: with the codes that a seventh character makes, about half of all.
        """
        folder = folder or _package_data()
        self.tabular = only_file(folder, "icd10c*tabular*.xml")
        self.code_list = only_file(folder, "code-list*.txt") if seventh else None
        self.licences: Mapping[str, Licence] = {NAME: LICENCE}
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self._misfit = Misfits(strict, self.dropped)
        self._parents: dict[str, str | None] = {}
        self._codes = (
            {line.partition(" ")[0].replace(".", "") for _, line in read_lines(self.code_list, self._misfit)}
            if self.code_list
            else set()
        )
        root = self._parse()
        self.release = (root.findtext("version") or "").strip()
        if root.tag != "ICD10CM.tabular" or not self.release:
            raise BadInput(f"{self.tabular}: no <ICD10CM.tabular> with a <version>; expected the tabular list")
        self._chapters = root.findall("chapter")

    def _parse(self) -> ElementTree.Element:
        try:
            return ElementTree.parse(self.tabular).getroot()  # noqa: S314 (expat refuses billion laughs since 2.4.1)
        except ElementTree.ParseError as error:
            raise BadInput(f"{self.tabular}: expected XML ({error})") from None

    def nodes(self) -> Iterator[Node]:
        """Depth first."""
        self._parents.clear()
        for chapter in self._chapters:
            number, title = chapter.findtext("name", "").strip(), chapter.findtext("desc", "").strip()
            span = _RANGE.search(title)
            if not span:
                self._misfit("chapter: no range", f"{self.tabular}: chapter '{number}' has no range in '{title}'")
                continue
            name = f"{span[1]}-{span[2]}" if span[2] else span[1]
            kind = TYPES.get(number, "disease")
            yield from self._below(chapter, name, title, kind, None, {})

    def _below(
        self,
        element: ElementTree.Element,
        code: str,
        title: str,
        kind: str,
        parent: str | None,
        seventh: Mapping[str, str],
    ) -> Iterator[Node]:
        node, title = f"ICD10CM:{code}", _RANGE.sub("", " ".join(title.split()))
        if not code or not title:
            self._misfit(
                "code: no name or title", f"{self.tabular}: below {parent}: code '{code}' without name or title"
            )
            return
        if node in self._parents:
            self._misfit("code: given twice", f"{self.tabular}: code '{code}' is given twice")
            return
        self._parents[node] = parent
        yield Node(node, kind, title, self._aliases(element, title))
        seventh = _seventh_characters(element) or seventh
        children = [*element.findall("section"), *element.findall("diag")]
        todo = [(child, node) for child in children]
        leaf = element.tag == "diag" and not children
        while todo:
            child, above = todo.pop(0)
            name = (child.get("id") or child.findtext("name") or "").strip()
            if self._is_only_a_level(child, name):
                self.rewritten["block of one category, or placeholder: its codes stand under its parent"] += 1
                todo = [(grandchild, above) for grandchild in child.findall("diag")] + todo
            else:
                yield from self._below(child, name, child.findtext("desc") or "", kind, above, seventh)
        if leaf:
            for character, meaning in seventh.items():
                extended = _extended(code, character)
                if extended.replace(".", "") in self._codes:
                    self._parents[f"ICD10CM:{extended}"] = node
                    yield Node(f"ICD10CM:{extended}", kind, f"{title}, {meaning}")

    def _is_only_a_level(self, child: ElementTree.Element, name: str) -> bool:
        """Whether it says no more than what stands above or below it: a block B99 of category B99, a placeholder X."""
        if child.get("placeholder") == "true" and child.find("diag") is not None:
            return True
        return child.tag == "section" and name in {diag.findtext("name", "").strip() for diag in child.findall("diag")}

    def _aliases(self, element: ElementTree.Element, title: str) -> tuple[str, ...]:
        """Inclusion terms that say the title in other order or inflection; others may be narrower than the code."""
        found = []
        for note in element.findall("inclusionTerm/note"):
            term = " ".join("".join(note.itertext()).split())
            if _words(term) != _words(title):
                self.dropped["inclusion term: may be narrower than its code"] += 1
            elif term.casefold() != title.casefold():
                found.append(term)
        return tuple(dict.fromkeys(found))

    def statements(self) -> Iterator[Statement]:
        """Needs `nodes` to have been consumed."""
        for node, parent in self._parents.items():
            if parent:
                yield statement(node, IS_A, parent, NAME, self.release)


def _seventh_characters(element: ElementTree.Element) -> dict[str, str]:
    found = {}
    for extension in element.findall("sevenChrDef/extension"):
        if (character := extension.get("char")) and (meaning := " ".join((extension.text or "").split())):
            found[character] = meaning
    return found


def _extended(code: str, character: str) -> str:
    """
    >>> _extended("T36", "A"), _extended("S02.0", "B")
    ('T36.XXXA', 'S02.0XXB')
    """
    base = code if "." in code else f"{code}."
    return base.ljust(7, "X") + character


def _words(text: str) -> frozenset[str]:
    words = {word.rstrip("s") for word in re.findall(r"\w+", text.casefold())}
    return frozenset(words - {word.rstrip("s") for word in _EMPTY_WORDS})


def _package_data() -> Path:
    found = find_spec("simple_icd_10_cm")
    if found is None or not found.submodule_search_locations:
        raise BadInput("source 'icd10cm': the package simple-icd-10-cm is missing; pip install 'florey[icd10cm]'")
    return Path(found.submodule_search_locations[0]) / "data"
