"""What the settings of the embedded engine ask for and this machine has not: said before hours of earlier stages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import yaml

from florey.training.engines import TRLSettings


def lacking(settings: TRLSettings) -> list[str]:
    """A sentence for each, with the key and what to do."""
    found = [
        f"trl.trackers: {name} is not installed: pip install 'florey[{name}]', or leave it out"
        for name in settings.trackers
        if importlib.util.find_spec(name) is None
    ]
    if settings.accelerate_config:
        found += _of_configuration(settings.accelerate_config, settings.processes)
    return found


def _of_configuration(path: Path, processes: int) -> list[str]:
    key = f"trl.accelerate_config {path}"
    if not path.is_file():
        return [f"{key}: no such file (looked for from {Path.cwd()})"]
    if importlib.util.find_spec("accelerate") is None:
        return []  # said elsewhere
    from accelerate.commands.config.config_args import load_config_from_file

    try:
        config = load_config_from_file(str(path))
        kind, several = config.distributed_type.value, int(config.num_processes or 1)
    except (ValueError, TypeError, KeyError, AttributeError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [f"{key}: expected a configuration of accelerate ({' '.join(str(error).split())[:200]})"]
    if processes == 1 and several > 1:
        return [f"{key} is for several processes ({several}), and trl.processes is 1, which decides; set it as well"]
    if kind == "DEEPSPEED" and importlib.util.find_spec("deepspeed") is None:
        return [
            f"{key}: deepspeed is not installed: pip install deepspeed, or take fsdp2.yaml, which needs torch alone"
        ]
    return []
