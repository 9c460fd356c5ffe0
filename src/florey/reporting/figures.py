"""The figures of the report. Each draws from report data alone; the numbers stand in a table beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from florey.intervals import wilson
from florey.records import TIERS, Tier
from florey.reporting import svg
from florey.reporting.benchmark_data import Benchmarks
from florey.reporting.curation_data import FunnelRow
from florey.reporting.data import CurvePoint, Plateau, ReportData, Round
from florey.reporting.labels import STAGE_LABELS
from florey.reporting.numbers import percent, phase_label, words
from florey.reporting.svg import GRID, INK, MUTED, PAPER, SERIES

BINS_PER_PHASE = 8
_MARKS = ("o", "s", "^")  # tiers differ by mark as well as by colour
_COLOURS = dict(zip(TIERS, SERIES, strict=False))


class Pooled(NamedTuple):
    """Rollouts of one tier over neighbouring steps of one phase."""

    phase: str
    tier: Tier
    first: int
    last: int
    accuracy: float
    lo: float  # Wilson over prompts where their number is known, over rollouts where not
    hi: float
    n: int

    @property
    def middle(self) -> float:
        return (self.first + self.last) / 2


def phases(points: tuple[CurvePoint, ...]) -> list[tuple[str, int, int]]:
    """(phase, first step, last step), in the order of the steps."""
    steps: dict[str, list[int]] = defaultdict(list)
    for point in points:
        steps[point.phase].append(point.step)
    return sorted(((phase, min(found), max(found)) for phase, found in steps.items()), key=lambda each: each[1])


def pooled(points: tuple[CurvePoint, ...], bins: int = BINS_PER_PHASE) -> list[Pooled]:
    """The points of each phase and tier in at most `bins` runs of steps, as single steps hold few rollouts."""
    found = []
    for phase, first, last in phases(points):
        width = -(-(last - first + 1) // bins)
        groups: dict[tuple[Tier, int], list[CurvePoint]] = defaultdict(list)
        for point in points:
            if point.phase == phase and point.n:
                groups[point.tier, (point.step - first) // width].append(point)
        for (tier, _), group in sorted(groups.items(), key=lambda item: (TIERS.index(item[0][0]), item[0][1])):
            n = sum(point.n for point in group)
            right = min(float(n), sum(point.accuracy * point.n for point in group))
            prompts = sum(point.n if point.prompts is None else point.prompts for point in group)
            lo, hi = wilson(prompts * right / n, prompts)
            steps = [point.step for point in group]
            found.append(Pooled(phase, tier, min(steps), max(steps), right / n, lo, hi, n))
    return found


def _percent_axis(axes: Any, top: float) -> None:
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.spines["left"].set_visible(False)


def staircase(data: ReportData) -> Markup:
    """Accuracy of each stage with its interval, and the line of chance."""
    scores = [stage.score for stage in data.stages]
    chance = scores[-1].chance

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        _percent_axis(axes, min(1.0, max(score.hi for score in scores) * 1.15 + 0.02))
        axes.axhline(chance, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            f"chance {percent(chance)}%",
            (1, chance),
            xycoords=("axes fraction", "data"),
            xytext=(0, -4),
            textcoords="offset points",
            ha="right",
            va="top",
            color=MUTED,
            fontsize=9.5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8},
        )
        places = range(len(scores))
        axes.plot(places, [score.accuracy for score in scores], color=GRID, linewidth=1.5, zorder=2)
        below = [score.accuracy - score.lo for score in scores]
        above = [score.hi - score.accuracy for score in scores]
        axes.errorbar(
            places,
            [score.accuracy for score in scores],
            yerr=[below, above],
            fmt="o",
            color=SERIES[0],
            markersize=7,
            elinewidth=2,
            capsize=0,
            zorder=3,
        )
        for place, score in enumerate(scores):
            axes.annotate(
                percent(score.accuracy),
                (place, score.hi),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                color=INK,
                fontweight="bold",
            )
        labels = [STAGE_LABELS[stage.name] for stage in data.stages]
        axes.set_xticks(
            places, [label.removeprefix("+ ").replace(" ", "\n", 1) if narrow else label for label in labels], color=INK
        )
        axes.set_xlim(-0.5, len(scores) - 0.5)
        axes.set_title("Held-out accuracy, 95% interval")

    described = "; ".join(
        f"{STAGE_LABELS[stage.name]} {percent(stage.score.accuracy)}% "
        f"({percent(stage.score.lo)} to {percent(stage.score.hi)})"
        for stage in data.stages
    )
    alt = f"Accuracy on held-out questions by stage, with 95% intervals: {described}. Chance is {percent(chance)}%."
    return svg.inline(draw, "staircase", alt, wide=3.7, narrow=3.3)


def learning(points: tuple[CurvePoint, ...]) -> Markup:
    """Accuracy of training rollouts by tier over steps, with the boundaries of the phases."""
    parts, spans = pooled(points), phases(points)
    present = [tier for tier in TIERS if any(part.tier == tier for part in parts)]

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        _percent_axis(axes, 1.0)
        for number, (phase, first, last) in enumerate(spans):
            if number:
                axes.axvline(first - 0.5, color=MUTED, linewidth=1)
            name = f"{number + 1}" if narrow else phase_label(phase)
            middle = (first + last) / 2
            axes.annotate(
                name,
                (middle, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                color=MUTED,
                fontsize=9.5,
            )
        for tier in present:
            mark, colour = _MARKS[TIERS.index(tier)], _COLOURS[tier]
            label: str = tier
            for phase, _, _ in spans:  # a line never crosses a boundary: the mix of questions changes there
                run = [part for part in parts if part.tier == tier and part.phase == phase]
                if not run:
                    continue
                at = [part.middle for part in run]
                axes.fill_between(at, [p.lo for p in run], [p.hi for p in run], color=colour, alpha=0.11, linewidth=0)
                axes.plot(at, [p.accuracy for p in run], color=colour, marker=mark, markersize=4.5, label=label)
                label = "_"  # named once in the legend
        axes.set_xlim(spans[0][1] - 1, spans[-1][2] + 1)
        axes.xaxis.set_major_locator(MaxNLocator(5 if narrow else 8, integer=True, steps=[1, 2, 5, 10]))
        axes.set_xlabel("training step")
        figure.legend(loc="outside upper left", ncols=3, labelcolor=INK, handlelength=1.6, columnspacing=1.2)

    ends = []
    for tier in present:
        run = [part for part in parts if part.tier == tier]
        ends.append(f"{tier} from {percent(run[0].accuracy)}% to {percent(run[-1].accuracy)}%")
    names = ", ".join(phase_label(phase) for phase, _, _ in spans)
    alt = f"Accuracy of training rollouts over steps, phases {names}: {'; '.join(ends)}."
    return svg.inline(draw, "learning", alt, wide=3.9, narrow=3.4)


def plateau(found: Plateau) -> Markup:
    """The two inputs of the plateau rule over the steps of stage 1, and the step where it fired."""

    def draw(figure: Figure, narrow: bool) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True)
        steps = [point.step for point in found.trail]
        upper.plot(steps, [point.reward for point in found.trail], color=SERIES[0])
        upper.set_title("Mean reward over the window")
        lower.plot(steps, [point.zero_variance for point in found.trail], color=SERIES[1])
        lower.set_title("Groups without variance")
        lower.set_ylim(0, 1)
        lower.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        if found.zero_variance_limit is not None:
            lower.axhline(found.zero_variance_limit, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        for axes in (upper, lower):
            axes.spines["left"].set_visible(False)
            axes.yaxis.set_major_locator(MaxNLocator(4))
            if found.fired_at is not None:
                axes.axvline(found.fired_at, color=INK, linewidth=1)
        lower.xaxis.set_major_locator(MaxNLocator(5 if narrow else 8, integer=True, steps=[1, 2, 5, 10]))
        lower.set_xlabel("training step")

    first, last = found.trail[0], found.trail[-1]
    fired = "It did not fire." if found.fired_at is None else f"It fired at step {found.fired_at}."
    alt = (
        f"Inputs of the plateau rule from step {first.step} to {last.step}: mean reward {first.reward:.2f} to "
        f"{last.reward:.2f}, groups without variance {percent(first.zero_variance)}% to "
        f"{percent(last.zero_variance)}%. {fired}"
    )
    return svg.inline(draw, "plateau", alt, wide=3.4, narrow=3.4)


def _bars(
    axes: Any, rows: list[str], series: Sequence[tuple[str, list[int], str]], title: str, thickness: float
) -> None:
    """Stacked horizontal bars, the first row on top, each part labelled with its count where it fits."""
    whole = max(sum(values[row] for _, values, _ in series) for row in range(len(rows))) or 1
    left = [0] * len(rows)
    for name, values, colour in series:
        axes.barh(range(len(rows)), values, left=left, color=colour, edgecolor=PAPER, height=thickness, label=name)
        for row, value in enumerate(values):
            if value / whole > 0.09:
                axes.text(left[row] + value / 2, row, str(value), ha="center", va="center", color=PAPER, fontsize=9.5)
        left = [a + b for a, b in zip(left, values, strict=True)]
    axes.set_yticks(range(len(rows)), rows, color=INK)
    axes.invert_yaxis()
    axes.grid(False)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    axes.set_title(title, pad=24)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 0.98),
        ncols=3,
        borderpad=0,
        handlelength=0.9,
        columnspacing=0.9,
        handletextpad=0.4,
        borderaxespad=0.2,
        fontsize=9,
    )


def rounds(found: tuple[Round, ...]) -> Markup:
    """Composition of each round: right and wrong, asked and got; tiers."""

    def draw(figure: Figure, narrow: bool) -> None:
        shape = (2, 1) if narrow else (1, 2)
        ratios = {"height_ratios": [2, 1.25]} if narrow else {"width_ratios": [1, 1]}
        mix, tiers = figure.subplots(*shape, **ratios)
        rows = [f"{each.name}{end}" for each in found for end in (", asked", ", got")]
        right = [value for each in found for value in (each.asked_right, each.got_right)]
        wrong = [value for each in found for value in (each.asked_wrong, each.got_wrong)]
        _bars(mix, rows, [("right before", right, MUTED), ("wrong before", wrong, SERIES[3])], "Questions", 0.62)
        series = [(tier, [each.tiers.get(tier, 0) for each in found], _COLOURS[tier]) for tier in TIERS]
        _bars(tiers, [each.name for each in found], series, "Tiers", 0.31 if not narrow else 0.5)

    described = "; ".join(
        f"{each.name}: asked {each.asked_right} right and {each.asked_wrong} wrong, got {each.got_right} and "
        f"{each.got_wrong}"
        for each in found
    )
    count = len(found)
    return svg.inline(
        draw, "rounds", f"Composition of each round. {described}.", wide=1.1 + 0.62 * count, narrow=1.9 + 0.95 * count
    )


def benchmarks(found: Benchmarks) -> Markup:
    """Accuracy of every checkpoint on every benchmark and on their average, with intervals and what a guess gets."""
    rows = [*found.names, "macro"]
    stages = found.stages

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        step = 0.62 / max(len(stages), 1)
        for number, stage in enumerate(stages):
            scores: list[Any] = [*stage.score.benchmarks, stage.score.macro]
            places = [place + (number - (len(stages) - 1) / 2) * step for place in range(len(rows))]
            values = [score.accuracy for score in scores]
            spread = [[s.accuracy - s.lo for s in scores], [s.hi - s.accuracy for s in scores]]
            axes.errorbar(
                values,
                places,
                xerr=spread,
                fmt=_MARKS[number % len(_MARKS)],
                color=SERIES[number % len(SERIES)],
                markersize=5,
                elinewidth=1.5,
                capsize=0,
                label=STAGE_LABELS.get(stage.stage, stage.stage),
            )
        chances = [*(score.chance for score in stages[-1].score.benchmarks), stages[-1].score.macro.chance]
        axes.scatter(chances, range(len(rows)), marker="|", s=160, color=MUTED, zorder=1)
        axes.set_yticks(range(len(rows)), rows)
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2 if narrow else len(stages), frameon=False)

    described = "; ".join(
        f"{STAGE_LABELS.get(each.stage, each.stage)}: macro average {percent(each.score.macro.accuracy)}%"
        for each in stages
    )
    height = 1.0 + 0.34 * len(rows) * max(1, len(stages) / 2)
    return svg.inline(draw, "benchmarks", f"Accuracy on benchmarks. {described}.", wide=height, narrow=height + 0.6)


def funnel(found: tuple[FunnelRow, ...]) -> Markup:
    """What each stage of curation was given, kept and dropped; the rest of a bar is what earlier stages dropped."""
    whole = max(row.given for row in found) or 1

    def draw(figure: Figure, narrow: bool) -> None:
        axes = figure.subplots()
        places = range(len(found))
        axes.barh(places, [row.kept for row in found], color=SERIES[0], height=0.62, label="kept")
        lost = [row.given - row.kept for row in found]
        axes.barh(places, lost, left=[row.kept for row in found], color=SERIES[3], height=0.62, label="dropped")
        for place, row in enumerate(found):
            said = f"{row.kept:,}" + (f"  \u2212{row.given - row.kept:,}" if row.given > row.kept else "")
            inside = row.given > 0.7 * whole
            at, side, colour = (row.kept, "right", PAPER) if inside and row.kept else (row.given, "left", INK)
            axes.annotate(
                said,
                (at, place),
                xytext=(-5 if side == "right" else 5, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                color=colour,
                fontsize=9.5,
            )
        axes.set_yticks(places, [words(row.stage) for row in found], color=INK)
        axes.invert_yaxis()
        axes.set_xlim(0, whole)
        axes.set_xticks([])
        axes.grid(False)
        axes.spines[:].set_visible(False)
        figure.legend(loc="outside upper left", ncols=2, labelcolor=INK, handlelength=0.9)

    described = "; ".join(f"{words(row.stage)} kept {row.kept:,} of {row.given:,}" for row in found)
    height = 0.7 + 0.34 * len(found)
    return svg.inline(draw, "funnel", f"Curation stage by stage: {described}.", wide=height, narrow=height)
