"""How long the quickstart takes and how much memory, from an empty folder, the install not counted.

    python -m perf.quickstart [--json FILE]

Goal on two cores: at most 10 minutes and 3 GB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from florey.files import read_json
from perf.common import arguments, save, show

RECIPE = Path(__file__).parents[1] / "recipes" / "quickstart.yaml"


def main() -> None:
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("florey")), "run", str(RECIPE), "--out", folder]
        started = time.perf_counter()
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        timings = {file.parent.name: read_json(file)["seconds"] for file in sorted(Path(folder).glob("*/timing.json"))}
    rows = [[name, f"{taken:.1f}"] for name, taken in sorted(timings.items(), key=lambda pair: -pair[1])]
    show("Quickstart, seconds by stage", ["stage", "seconds"], [*rows, ["all", f"{seconds:.1f}"]])
    print(f"peak memory {peak:.0f} MB")
    save(options.json, {"quickstart_s": round(seconds, 1), "peak_mb": round(peak)})


if __name__ == "__main__":
    main()
