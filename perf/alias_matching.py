"""Names in text: MB of text per second and core over 400,000 aliases, with the bare automaton beside it.

    python -m perf.alias_matching [--json FILE] [--text FILE] [--mb N]

The aliases are those of HPO and ICD-10-CM from their packages, filled up with generated names. The text is made of
sentences with a mention in about every tenth word, and with words for negation; --text measures on a file of your own.
The peer is `ahocorasick_rs` over the lower-cased names and text: no word boundaries, plurals, acronyms or negation.
"""

# ruff: noqa: SIM905 - lists of words read better as words

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.graph.sources.hpo import Hpo
from perf.common import arguments, save, show

ALIASES = 400_000
PAGE = 8_000  # characters of one text
SEED = 3
FILLER = """the a of in and with was were is has had for on to at by from after before during patient patients clinic
hospital year years old man woman day days week weeks treated given admitted showed revealed developed normal range
blood test results follow up visit therapy increased decreased level levels examination history reported study group
often usually rarely between while later first second which that this these those some most many common population
therefore laboratory imaging scan surgery response improved noted found seen known described associated management
initial further several without no not denies possible but although risk factor cause family mother course outcome"""
STARTS = "Karn Velt Morb Sild Rusk Tarv Olin Pemb Quar Wend Yost Zell Brund Crev Dorl Esk Fann Gorl Hesk Ivel".split()
ENDS = "er man sen ovic ski berg stein ford ley son ard ell ini otto ard ez eau ik us ova".split()
KINDS = "syndrome|disease|anemia|dystrophy|neuropathy|nephritis|cardiomyopathy|deficiency|sarcoma|palsy".split("|")
PLACES = "renal hepatic cardiac cerebral dermal ocular pulmonary muscular skeletal vascular".split()


def medical_names() -> Iterator[Name]:
    """Names and aliases of HPO (terms, diseases, genes) and the descriptions of ICD-10-CM."""
    import simple_icd_10_cm as icd

    for node in Hpo().nodes():
        yield Name(node.name, node.id, node.type)
        for alias in node.aliases:
            yield Name(alias, node.id, node.type, False)
    for code in icd.get_all_codes():
        yield Name(icd.get_description(code), f"ICD10CM:{code}", "disease")


def names(count: int = ALIASES) -> list[Name]:
    """`count` names of different texts."""
    found: dict[str, Name] = {}
    for name in medical_names():
        found.setdefault(name.text, name)
    invented = product(range(1, 10), PLACES, KINDS, STARTS, ENDS)
    for number, (stage, place, kind, start, end) in enumerate(invented):
        if len(found) >= count:
            break
        text = f"{start}{end} {place} {kind}" + (f" type {stage}" if stage > 1 else "")
        found.setdefault(text, Name(text, f"X:{number}", "disease"))
    return list(found.values())[:count]


def texts(known: Sequence[Name], megabytes: float) -> list[str]:
    """Pages of sentences; about one word in ten begins a mention."""
    draw = random.Random(SEED)
    short = [name.text for name in known if len(name.text) < 40]
    filler = FILLER.split()
    pages, size = [], 0
    while size < megabytes * 1e6:
        words: list[str] = []
        length = 0
        while length < PAGE:
            word = draw.choice(short) if draw.random() < 0.1 else draw.choice(filler)
            sign = draw.choices(("", ",", "."), (85, 8, 7))[0]
            words.append(word + sign)
            length += len(words[-1]) + 1
        pages.append(" ".join(words))
        size += length
    return pages


def megabytes(pages: Sequence[str]) -> float:
    return sum(len(page.encode()) for page in pages) / 1e6


def link_seconds(linker: Linker, pages: Sequence[str]) -> tuple[float, int]:
    """Seconds of this process, and mentions found, of the whole `link`."""
    start = time.process_time()
    found = sum(len(mentions) for mentions in map(linker.link, pages))
    return time.process_time() - start, found


def alias_mb_per_s(mb: float = 20) -> float:
    """MB of UTF-8 text per processor second of one core, `Linker.link` whole, over 400,000 aliases."""
    known = names()
    pages = texts(known, mb)
    return megabytes(pages) / link_seconds(Linker(known), pages)[0]


def measure(mb: float, text: Path | None) -> dict[str, float]:
    known = names()
    before = _resident_mb()
    start = time.process_time()
    linker = Linker(known)
    figures = {
        "aliases": float(len(known)),
        "build_s": time.process_time() - start,
        "build_mb": _resident_mb() - before,
    }
    given = text.read_text(encoding="utf-8") if text else ""
    pages = [given[at : at + PAGE] for at in range(0, len(given), PAGE)] or texts(known, mb)
    seconds, mentions = link_seconds(linker, pages)
    size = megabytes(pages)
    figures |= {"text_mb": size, "alias_mb_per_s": size / seconds, "mentions_per_kb": mentions / size / 1000}
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peer = AhoCorasick(sorted({name.text.lower() for name in known}), matchkind=MatchKind.LeftmostLongest)
    start = time.process_time()
    for page in pages:
        peer.find_matches_as_indexes(page.lower())
    return figures | {"automaton_mb_per_s": size / (time.process_time() - start)}


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--text", type=Path, metavar="FILE", help="measure on this text instead of a made one")
    parser.add_argument("--mb", type=float, default=20, help="megabytes of made text")
    asked = parser.parse_args()
    figures = measure(asked.mb, asked.text)
    show("alias matching", ("figure", "value"), [(name, f"{value:,.2f}") for name, value in figures.items()])
    save(asked.json, figures)


if __name__ == "__main__":
    main()
