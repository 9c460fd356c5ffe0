"""What the measuring scripts share: arguments, the table, the JSON file, the kind of machine."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from florey.files import write_json


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with --json, which every script has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as one flat object")
    return parser


def machine() -> str:
    """Processor, cores and Python, for the record beside a figure."""
    model = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def commit() -> str:
    """Short hash of the checkout, with + where it has changes; 'unknown' outside one."""
    made = subprocess.run(["git", "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False)
    return made.stdout.strip() or "unknown"


def show(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False)
    if not console.is_terminal:  # a file has no width to keep to
        console.width = 160
    console.print(table)
    console.print(f"{machine()}; commit {commit()}", markup=False)


def save(path: Path | None, figures: Mapping[str, Any]) -> None:
    """Writes the flat object with machine and commit beside the figures."""
    if path:
        write_json(path, {**figures, "machine": machine(), "commit": commit()})
