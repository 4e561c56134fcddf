"""``assets.yaml`` beside the cluster file: what was shipped: serial numbers, MAC addresses and GUIDs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from rackwright.load.explain import explain
from rackwright.load.plain import Document, open_document
from rackwright.load.secrecy import Path as KeyPath
from rackwright.load.secrecy import label
from rackwright.models.spec import Strict
from rackwright.models.tables import Asset

MAX_BYTES = 16 << 20
"""12,288 servers (98,304 GPUs) of 600 bytes each are 7 MiB."""

Mac = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")
Guid = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{16}$")]
_GUID = re.compile(r"0x[0-9a-f]{16}")
Serial = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class AssetRow(Strict):
    """One server as shipped."""

    serial: Serial | None = None
    bmc_mac: Mac | None = None
    nics: dict[str, Mac] = Field(default_factory=dict)
    """MAC address by interface name."""
    guids: dict[str, Guid] = Field(default_factory=dict)
    """InfiniBand port GUID by RDMA device; of a switch under ``switch``; of an appliance, by port."""


def assets(path: Path) -> tuple[Document | None, dict[str, Asset]]:
    """The asset list, with its document for further checks; nothing where the site has none.

    :raises BadInput: when its syntax is broken; other mistakes are in the document's ``problems``.
    """
    if not path.exists():
        return None, {}
    doc = open_document(path, max_bytes=MAX_BYTES)
    if not isinstance(doc.data, dict):
        doc.say((), "servers by name")
        return doc, {}
    rows: dict[str, AssetRow] = {}
    for name, raw in doc.data.items():
        try:
            rows[name] = AssetRow.model_validate(raw)
        except ValidationError as error:
            explain(doc, error, AssetRow, (name,))
    _unique(doc, doc.data)
    return doc, {
        name: Asset(row.serial, row.bmc_mac, dict(row.nics), dict(row.guids)) for name, row in rows.items()
    }


def _unique(doc: Document, data: dict[str, Any]) -> None:
    """A serial number, MAC address or GUID that stands twice, and those that no single port can have."""
    seen: dict[tuple[str, str], KeyPath] = {}
    for path, what, value in _identities(data):
        first = seen.setdefault((what, value), path)
        if first != path:
            hint = f"{label(first)} in line {doc.place(first).value.line} has it too"
            doc.say(path, f"a {what} of its own", hint)
        elif _GUID.fullmatch(value) and not int(value, 16):
            doc.say(path, "the GUID of a port", "all zeros is none")
        elif _MAC.fullmatch(value) and (int(value[:2], 16) & 1 or value == "00:00:00:00:00:00"):
            doc.say(path, "the MAC address of one port", "a group address or all zeros is none")


def _identities(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str, str]]:
    """(place, what, value), also of rows that are wrong elsewhere."""
    for name, row in data.items():
        if not isinstance(row, dict):
            continue
        nics = row.get("nics")
        found: list[tuple[KeyPath, str, Any]] = [
            ((name, "serial"), "serial number", row.get("serial")),
            ((name, "bmc_mac"), "MAC address", row.get("bmc_mac")),
        ]
        for nic, mac in nics.items() if isinstance(nics, dict) else ():
            found.append(((name, "nics", nic), "MAC address", mac))
        guids = row.get("guids")
        for port, guid in guids.items() if isinstance(guids, dict) else ():
            found.append(((name, "guids", port), "GUID", guid))
        yield from ((path, what, value) for path, what, value in found if isinstance(value, str))
