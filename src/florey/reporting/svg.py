"""A matplotlib figure as inline SVG that takes its colours and fonts from the page.

Figures are drawn with placeholder colours that become CSS variables, so that one drawing serves light and dark; ids
are hashes salted with the drawing's name, so that several drawings can stand in one page; metadata go, so that bytes
depend on the data alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from html import escape
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#050505", "#060606", "#070707", "#080808")
_VARIABLES = {INK: "ink", MUTED: "muted", GRID: "rule", PAPER: "paper"} | {
    colour: f"series-{number}" for number, colour in enumerate(SERIES, 1)
}
WIDE, NARROW = 8.8, 3.6
"""Widths in inches at 100 points each: one drawing for a desktop, one for a phone; the page shows the one that fits."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and set in the page's font
    "svg.image_inline": True,
    "text.parse_math": False,  # a "$" in a name is a "$"
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titlecolor": MUTED,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
}

Draw = Callable[[Figure, bool], None]
"""Fills a figure; the flag says whether it is the narrow one."""


def _cleaned(svg: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg)
    used = set(re.findall(r'(?:href="#|url\(#)([\w-]+)', svg))
    svg = re.sub(r'\sid="([^"]*)"', lambda m: m[0] if m[1] in used else "", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true" focusable="false">', svg
    )


def _render(draw: Draw, name: str, width: float, height: float) -> str:
    with rc_context():
        rcdefaults()  # whatever the user's matplotlibrc says, the figure is the same
        rcParams.update({**_STYLE, "svg.hashsalt": name})
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure, width == NARROW)
        out = io.StringIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(out, metadata={"Date": None, "Creator": None})
    return _cleaned(out.getvalue())


def inline(draw: Draw, name: str, alt: str, *, wide: float, narrow: float) -> Markup:
    """The figure twice, for a desktop and for a phone, inside one element with `alt` as its text.

    `name` is unique in the page; `wide` and `narrow` are heights in inches. The numbers behind the figure belong in
    a table beside it.
    """
    drawings = "".join(
        f'<div class="{kind}">{_render(draw, f"{name}-{kind}", width, height)}</div>'
        for kind, width, height in (("wide", WIDE, wide), ("narrow", NARROW, narrow))
    )
    # safe: matplotlib escapes the texts of a drawing, and `alt` is escaped here
    return Markup(f'<div class="drawing" role="img" aria-label="{escape(alt)}">{drawings}</div>')  # noqa: S704
