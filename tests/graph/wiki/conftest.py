"""Invented pages as a dump."""

from __future__ import annotations

import bz2
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest

HEAD = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11"><siteinfo></siteinfo>\n'
TAIL = "</mediawiki>\n"
WOBBLES = """{{Infobox medical condition
| name = Wobbles
| symptoms = {{plainlist|
* [[Shaking]]<ref>{{cite book|title=Shakes}}</ref>
* [[Fever|high fever]]
}}
| causes = [[Wobble virus]]<br>cold
}}
'''The wobbles''' ('''wobble disease''') is an [[infection|infectious]] disease.<ref>A.</ref> It causes [[shaking]].

== Treatment ==
* [[Rest]] helps.
[[Category:Infectious diseases]]
"""


def page_xml(number: int, title: str, text: str, redirect: str | None = None, ns: int = 0) -> str:
    leads = f"<redirect title={quoteattr(redirect)} />" if redirect else ""
    return (
        f"  <page>\n<title>{escape(title)}</title>\n<ns>{ns}</ns>\n<id>{number}</id>\n{leads}"
        f'<revision><id>{1000 + number}</id><model>wikitext</model><text xml:space="preserve">{escape(text)}</text>'
        f"</revision>\n</page>\n"
    )


PAGES = (
    page_xml(1, "Wobbles", WOBBLES),
    page_xml(2, "River Wob", "A river. [[Category:Rivers]]"),
    page_xml(3, "Wobble disease", "#REDIRECT [[Wobbles]]", "Wobbles"),
    page_xml(4, "The wobble", "#REDIRECT [[Wobble disease]]", "Wobble disease"),
    page_xml(5, "Talk:Wobbles", "{{Infobox medical condition}}", ns=1),
    page_xml(6, "Circle A", "#REDIRECT [[Circle B]]", "Circle B"),
    page_xml(7, "Circle B", "#REDIRECT [[Circle A]]", "Circle A"),
    page_xml(
        8, "Shaking & more", "'''Shaking''' é < ü. [[category:Symptoms and signs]][[Category:Symptoms and signs]]"
    ),
)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "tinywiki.xml"
    path.write_text(HEAD + "".join(PAGES) + TAIL, encoding="utf-8")
    return path


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Writes pages as plain XML, bz2 or multistream bz2 with its index."""

    def write(kind: str, pages: Sequence[str] = PAGES, a_stream: int = 2) -> Path:
        if kind == "plain":
            path = tmp_path / "w.xml"
            path.write_text(HEAD + "".join(pages) + TAIL, encoding="utf-8")
        elif kind == "bz2":
            path = tmp_path / "w.xml.bz2"
            path.write_bytes(bz2.compress((HEAD + "".join(pages) + TAIL).encode()))
        else:
            path, index, data = tmp_path / "w-multistream.xml.bz2", [], bz2.compress(HEAD.encode())
            for start in range(0, len(pages), a_stream):
                group = pages[start : start + a_stream]
                for one in group:
                    title = one.split("<title>")[1].split("</title>")[0].replace("&amp;", "&")
                    index.append(f"{len(data)}:{one.split('<id>')[1].split('<')[0]}:{title}\n")
                data += bz2.compress("".join(group).encode())
            path.write_bytes(data + bz2.compress(TAIL.encode()))
            (tmp_path / "w-multistream-index.txt.bz2").write_bytes(bz2.compress("".join(index).encode()))
        return path

    return write
