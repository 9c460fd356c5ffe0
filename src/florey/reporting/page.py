"""How every page is made from its template."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """Templates of this room: everything escaped, a missing name an error."""
    return Environment(
        loader=PackageLoader("florey.reporting"),
        autoescape=True,  # always, whatever the template is called
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
