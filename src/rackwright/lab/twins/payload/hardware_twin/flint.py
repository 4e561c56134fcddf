"""flint: query a card or an image, burn one with the other."""

from __future__ import annotations

import sys
from typing import Any

from . import firmware, nics, record


def main(arguments: list[str]) -> int:
    """``-d DEV q``, ``-i FILE q``, ``-d DEV -i FILE [-y] b``."""
    data = record.load()
    name, path = firmware.value(arguments, "-d", "--device"), firmware.value(arguments, "-i", "--image")
    verb = arguments[-1] if arguments else ""
    nic = firmware.named(data, name) if name else None
    if name and nic is None:
        print(f"-E- Cannot open Device: {name}. No such file or directory. MFE_CR_ERROR", file=sys.stderr)
        return 1
    image = firmware.image(path) if path else None
    if path and image is None:
        print(f"-E- Cannot open image {path}: not a simulated image", file=sys.stderr)
        return 1
    if verb in ("q", "query") and nic is not None:
        print(_query(nics.flash(data, nic), nics.running(data, nic), firmware.card(nic)[1], str(nic["mac"])))
        return 0
    if verb in ("q", "query") and image is not None:
        print(_query(image[0], image[0], image[1], None))
        return 0
    if verb in ("b", "burn") and nic is not None and image is not None:
        return _burn(data, nic, image, bool({"-y", "--yes"} & set(arguments)))
    print("-E- Please specify a device or an image, and one of: query, burn", file=sys.stderr)
    return 1


def _query(version: str, running: str, psid: str, mac: str | None) -> str:
    lines = ["Image type:            FS4", f"FW Version:            {version}"]
    lines += [f"FW Version(Running):   {running}"] if running != version else []
    lines += [f"Product Version:       {version}", "Description:           UID                GuidsNumber"]
    if mac is not None:
        lines.append(f"Base GUID:             {nics.guid(mac)}        16")
        lines.append(f"Base MAC:              {mac.replace(':', '')}            16")
    return "\n".join([*lines, f"PSID:                  {psid}", "Security Attributes:   secure-fw"])


def _burn(data: dict[str, Any], nic: dict[str, Any], image: tuple[str, str], yes: bool) -> int:
    old = nics.flash(data, nic)
    print(f"\n    Current FW version on flash:  {old}\n    New FW version:               {image[0]}\n")
    if image[1] != firmware.card(nic)[1]:
        print(
            f"-E- Burning FS4 image failed: PSID mismatch. The PSID on flash ({firmware.card(nic)[1]}) "
            "differs from the PSID in the "
            f"given image ({image[1]}).",
            file=sys.stderr,
        )
        return 1
    if image[0] == old and not yes:
        print("    Note: The new FW version is the same as the current FW version on flash.\n")
    nics.burn(data, nic, image[0])
    print("Burning FS4 image without signatures - OK\nRestoring signature                     - OK")
    print("-I- To load new FW run mlxfwreset or reboot machine.")
    return 0
