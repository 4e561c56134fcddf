"""docs/cluster-file.md says every key, type and default as the models have it, and every golden case."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from tests.unit.load.conftest import ROOT

from rackwright.load.assets import AssetRow
from rackwright.models import kubernetes, spec

PAGE = (ROOT / "docs" / "cluster-file.md").read_text()
SECTIONS: dict[str, type[BaseModel]] = {
    "The whole file": spec.ClusterSpec,
    "`machines.<group>`": spec.MachineGroup,
    "`fabrics.<fabric>`": spec.Fabric,
    "`fabrics.<fabric>.subnet_manager`": spec.SubnetManager,
    "`planes.<plane>`": spec.Plane,
    "`planes.<plane>.roce`": spec.RoceSettings,
    "`access`": spec.Access,
    "`storage`": spec.StorageTier,
    "`physical`": spec.Physical,
    "`depot`": spec.Depot,
    "`tenants.<tenant>`": spec.Tenant,
    "`site`": spec.Site,
    "`kubernetes`": kubernetes.Kubernetes,
    "`kubernetes.dra`": kubernetes.Dra,
    "`assets.yaml`": AssetRow,
}
CHOSEN = {
    spec.ClusterSpec: {"fabrics", "planes"},
    spec.MachineGroup: {"count"},
    spec.Fabric: {"kind", "switch", "nos", "topology"},
    spec.Plane: {"fabric", "prefix"},
    kubernetes.Kubernetes: {"pods", "services", "dra"},
    kubernetes.Dra: {"gpu"},
}
"""What load/intent.py fills in where the file leaves it out."""
PATTERNS = {
    "0,30": "name",
    ":[1-9]": "ratio",
    "[0-9.]+/": "IPv4 prefix",
    "env:": "reference",
    "^/": "path",
    "{2}:": "MAC address",
    "0-9a-f:": "IPv6 prefix",
    "a-z0-9.-": "domain",
    r"^1\.": "minor release",
    "A-Za-z0-9]{2,62}": "feature gate",
}


def rows(title: str) -> dict[str, tuple[str, str, str]]:
    """key -> (type, default, meaning) of the table below a heading."""
    section = PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    cells = [
        re.split(r"(?<!\\) \| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| `")
    ]
    return {key.strip("`"): (kind, default, meaning) for key, kind, default, meaning in cells}


def kind_of(annotation: Any, metadata: list[Any]) -> str:
    """A field's type in the page's words."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return kind_of(inner, [*metadata, *more])
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    if type(None) in get_args(annotation):
        return kind_of(arguments[0], metadata)
    if get_origin(annotation) is Literal:
        words = [f"`{word}`" for word in arguments]
        return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
    if get_origin(annotation) is list:
        return f"list of {kind_of(arguments[0], [])}s"
    if get_origin(annotation) is dict:
        return "mapping by name"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    if annotation is int:
        limits = [
            part for item in metadata for part in (item.metadata if isinstance(item, FieldInfo) else [item])
        ]
        low = next(limit.ge for limit in limits if isinstance(limit, annotated_types.Ge))
        high = next((limit.le for limit in limits if isinstance(limit, annotated_types.Le)), None)
        return f"whole number, at least {low}" if high is None else f"whole number, {low} to {high}"
    if annotation is bool:
        return "true or false"
    for item in metadata:
        pattern = getattr(item, "pattern", None)
        if pattern:
            return next(words for part, words in PATTERNS.items() if part in pattern)
    return "text"


@pytest.mark.parametrize("title", SECTIONS)
def test_the_page_has_each_key_with_its_type_and_default(title):
    said, fields = rows(title), SECTIONS[title].model_fields
    assert list(said) == list(fields)
    for key, field in fields.items():
        kind, default, meaning = said[key]
        assert kind == kind_of(field.annotation, field.metadata), key
        assert meaning.strip(), key
        value = field.default
        if key in CHOSEN.get(SECTIONS[title], ()):
            assert default.startswith("chosen: "), key
        elif field.is_required():
            assert default == "required", key
        elif isinstance(value, bool):
            assert default == f"`{str(value).lower()}`", key
        elif isinstance(value, str | int):
            assert default in (f"`{value}`", f'`"{value}"`'), key
        else:  # None or a model: what is taken instead is in words
            assert default, key
            assert "`" not in default.split(" ")[0], key


def test_every_section_of_the_file_has_a_table():
    nested = {name for name in spec.ClusterSpec.model_fields if name not in {"cluster", "lock"}}
    assert nested == {re.split(r"[.`]", title)[1] for title in SECTIONS if title.startswith("`")} - {"assets"}


def test_the_page_lists_every_golden_case():
    section = PAGE.split("## What is refused\n", 1)[1]
    said = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \|$", section, re.M))
    cases = {
        file.stem: yaml.safe_load(file.read_text())["why"] for file in ROOT.glob("tests/golden/load/*.yaml")
    }
    lines = "\n".join(f"| `{name}` | {why} |" for name, why in sorted(cases.items()))
    assert said == cases, f"the table should be:\n{lines}"
