"""mlxfwmanager: what firmware each card has, as text or XML; burns an image of its board."""

from __future__ import annotations

import sys
from typing import Any
from xml.sax.saxutils import quoteattr

from . import firmware, nics, record, sysfs_files


def main(arguments: list[str]) -> int:
    """Query as text or XML; ``-u -i FILE`` burns where the image's PSID is the card's."""
    data = record.load()
    wanted = firmware.value(arguments, "-d", "--dev")
    chosen = (
        firmware.cards(data) if wanted is None else [nic for nic in (firmware.named(data, wanted),) if nic]
    )
    if not chosen:
        print("-E- No devices found or specified, mst might be stopped, run 'mst start' to load MST modules")
        return 1
    path = firmware.value(arguments, "-i", "--image-file")
    image = firmware.image(path) if path else None
    if path and image is None:
        print(f"-E- Failed to read image file {path}: not a simulated image", file=sys.stderr)
        return 1
    if (firmware.value(arguments, "--query-format") or "").upper() == "XML" or "--query-xml" in arguments:
        print(_xml(data, chosen, image))
        return 0
    print(_text(data, chosen, image))
    if not {"-u", "--update"} & set(arguments) or image is None:
        return 0
    todo = [nic for nic in chosen if image[1] == firmware.card(nic)[1] and image[0] != nics.flash(data, nic)]
    for number, nic in enumerate(todo, 1):
        nics.burn(data, nic, image[0])
        print(f"Device #{number}: Updating FW ...\nWriting Boot image component -   OK\nDone")
    print("\nRestart needed for updates to take effect." if todo else "\nNo devices require an update.")
    return 0


def _available(nic: dict[str, Any], image: tuple[str, str] | None) -> str:
    return image[0] if image and image[1] == firmware.card(nic)[1] else "N/A"


def _text(data: dict[str, Any], chosen: list[dict[str, Any]], image: tuple[str, str] | None) -> str:
    lines = ["Querying Mellanox devices firmware ...", ""]
    for number, nic in enumerate(chosen, 1):
        new, old = _available(nic, image), nics.flash(data, nic)
        state = (
            "No matching image found" if new == "N/A" else "Up to date" if new == old else "Update required"
        )
        place = firmware.mst_name(data, nic) if firmware.STARTED.exists() else sysfs_files.address(nic)
        mac = str(nic["mac"]).replace(":", "")
        lines += [f"Device #{number}:", "----------", "", f"  Device Type:      {firmware.card(nic)[0]}"]
        lines += ["  Part Number:      SIMULATED", "  Description:      simulated adapter card"]
        lines += [f"  PSID:             {firmware.card(nic)[1]}", f"  PCI Device Name:  {place}"]
        lines += [f"  Base GUID:        {nics.guid(nic['mac'])}", f"  Base MAC:         {mac}"]
        lines += [
            "  Versions:         Current        Available     ",
            f"     FW             {old:<15}{new:<14}",
            "",
        ]
        lines += [f"  Status:           {state}", ""]
    return "\n".join(lines)


def _xml(data: dict[str, Any], chosen: list[dict[str, Any]], image: tuple[str, str] | None) -> str:
    lines = ["<Devices>"]
    for nic in chosen:
        place = quoteattr(
            firmware.mst_name(data, nic) if firmware.STARTED.exists() else sysfs_files.address(nic)
        )
        kind, psid, _ = firmware.card(nic)
        lines.append(f'    <Device pciName={place} type="{kind}" psid="{psid}" partNumber="SIMULATED">')
        lines += ["      <Versions>"]
        lines.append(f'        <FW current="{nics.flash(data, nic)}" available="{_available(nic, image)}"/>')
        lines += [
            "      </Versions>",
            f'      <MACs Base_Mac="{str(nic["mac"]).replace(":", "")}" />',
            "    </Device>",
        ]
    return "\n".join([*lines, "</Devices>"])
