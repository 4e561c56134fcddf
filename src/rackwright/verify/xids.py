"""XIDs: what the NVIDIA driver writes in the kernel log, and what the catalog says of each code.

>>> read("NVRM: Xid (PCI:0000:1b:00): 79, pid=1, GPU has fallen off the bus.")
[Xid(bus='0000:1b:00', code=79)]
>>> verdict_on(79)
('RESTART_BM', 'fail')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import yaml
from pydantic import ValidationError, model_validator

from rackwright.errors import BadInput, Problem
from rackwright.models.spec import Strict
from rackwright.paths import home

Judged = Literal["pass", "fail"]
FELL = 79
"""The GPU is gone from the bus; some drivers write it without a code."""
_XID = re.compile(r"NVRM: Xid \((?:PCI:)?([0-9a-fA-F:.]+)\).*?: (\d+),")
_FELL = re.compile(r"NVRM:\s+GPU (?:at )?(?:PCI:)?([0-9a-fA-F:.]+):\s+GPU has fallen off the bus")
_SXID = re.compile(r"SXid \((?:PCI:)?([0-9a-fA-F:.]+)\): (\d+), Fatal")


@dataclass(frozen=True, slots=True)
class Xid:
    """One code of one GPU."""

    bus: str
    """``domain:bus:device``, four digits and lower case."""
    code: int


class Action(Strict):
    """A bucket of the vendor's catalog."""

    judged: Judged


class Code(Strict):
    """One code."""

    action: str
    source: str
    judged: Judged | None = None
    """Where it is not judged as its action is."""
    title: str = ""


class Table(Strict):
    """``catalog/xids.yaml``."""

    actions: Mapping[str, Action]
    sources: Mapping[str, str]
    codes: Mapping[int, Code]

    @model_validator(mode="after")
    def _closed(self) -> Table:
        for code, row in self.codes.items():
            if row.action not in self.actions or row.source not in self.sources:
                raise ValueError(f"{code}: action and source must be among those above")
        return self


@lru_cache(maxsize=1)
def table() -> Table:
    """The whole table.

    :raises BadInput: the file breaks the model.
    """
    path = home() / "catalog" / "xids.yaml"
    try:
        return Table.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as problem:
        raise BadInput(
            [
                Problem(str(path), 1, 1, ".".join(map(str, error["loc"])) or "xids", "a row", error["msg"])
                for error in problem.errors()
            ]
        ) from problem


def bus_of(text: str) -> str:
    """An address as the driver or NVML writes it, without its function.

    >>> bus_of("00000000:1B:00.0"), bus_of("PCI:0000:1b:00")
    ('0000:1b:00', '0000:1b:00')
    """
    domain, rest = text.lower().removeprefix("pci:").split(":", 1)
    return f"{int(domain, 16):04x}:{rest.partition('.')[0]}"


def read(text: str) -> list[Xid]:
    """Codes of GPUs in a kernel log, each once for each GPU, in the order of their first line."""
    found: dict[Xid, None] = {}
    for line in text.splitlines():
        match = _XID.search(line)
        if match:
            found[Xid(bus_of(match[1]), int(match[2]))] = None
        fell = _FELL.search(line)
        if fell:
            found[Xid(bus_of(fell[1]), FELL)] = None
    return list(found)


def read_switches(text: str) -> list[Xid]:
    """Fatal codes of NVSwitches in a kernel log."""
    return list(dict.fromkeys(Xid(bus_of(match[1]), int(match[2])) for match in _SXID.finditer(text)))


def verdict_on(code: int) -> tuple[str, Judged]:
    """Action and judgement; a code that nobody lists fails."""
    row = table().codes.get(code)
    if row is None:
        return "not in the catalog", "fail"
    return row.action, row.judged or table().actions[row.action].judged
