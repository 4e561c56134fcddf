"""README of a role, made from its ``meta/argument_specs.yml``: the specification is the single source.

``python -m rackwright.rolepages`` writes them all; a test says when one is stale.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from rackwright.atomic import write
from rackwright.paths import home


def roles() -> list[Path]:
    """Folders of all roles, by name."""
    return sorted(path.parent.parent for path in (home() / "roles").glob("*/meta/argument_specs.yml"))


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "required"
    text = yaml.safe_dump(option.get("default"), default_flow_style=True, width=10_000).strip()
    return f"`{text.removesuffix('...').strip()}`"


def _type(option: Mapping[str, Any]) -> str:
    return f"{option['type']} of {option['elements']}" if "elements" in option else str(option["type"])


def rows(options: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Table rows, with the options of a list's elements below their list."""
    lines = []
    for name, option in options.items():
        text = " ".join(str(option["description"]).split()).replace("|", "\\|")
        lines.append(f"| `{prefix}{name}` | {_type(option)} | {_default(option)} | {text} |")
        lines += rows(option.get("options", {}), f"{prefix}{name}[].")
    return lines


def page(role: Path) -> str:
    """The whole README of a role."""
    data = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    spec = data["argument_specs"]["main"]
    lines = [f"# {role.name}", "", f"{spec['short_description']}.", ""]
    lines += [f"- {text}" for text in spec["description"]]
    lines += ["", "| variable | type | default | meaning |", "|---|---|---|---|", *rows(spec["options"])]
    lines += ["", "Made from `meta/argument_specs.yml` by `python -m rackwright.rolepages`."]
    return "\n".join(lines) + "\n"


def main() -> int:
    for role in roles():
        write(role / "README.md", page(role))
        sys.stdout.write(f"{role.name}/README.md\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
