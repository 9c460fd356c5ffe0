"""How long `import florey` and `florey --help` take, beside an empty Python; the goal is at most 0.5 s each.

    python -m perf.startup [--runs 15] [--json FILE]

The three commands are run in turn, so that a drift of the machine meets all of them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from perf.common import arguments, save, show

COMMANDS = {
    "empty_s": [sys.executable, "-c", "pass"],
    "import_s": [sys.executable, "-c", "import florey"],
    "help_s": [str(Path(sys.executable).with_name("florey")), "--help"],
}


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(options.runs + 1):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if turn:  # the first turn fills the file cache
                times[name].append(time.perf_counter() - started)
    rows = [
        [" ".join(COMMANDS[name][1:]) or name, f"{min(t):.3f}", f"{statistics.median(t):.3f}", f"{max(t):.3f}"]
        for name, t in times.items()
    ]
    show(f"Start-up, seconds, {options.runs} runs each", ["command", "min", "median", "max"], rows)
    save(options.json, {name: round(statistics.median(t), 4) for name, t in times.items()})


if __name__ == "__main__":
    main()
