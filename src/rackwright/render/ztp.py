"""First boot (ZTP): what a factory-new switch fetches and runs, for each operating system.

``ztp/<switch>/SHA256SUMS`` lists the digests of the rendered files; ``first-boot.sh`` fetches that list and
each file by digest from the depot; it holds no secret. SONiC is told by a ``ztp.json`` to run it
(https://github.com/sonic-net/SONiC/blob/master/doc/ztp/ztp.md); Cumulus Linux wants a marker in the script.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from shlex import quote

from rackwright.models.design import Design, Switch
from rackwright.render.templates import template
from rackwright.up.depot import url

_SCRIPTED = ("frr", "cumulus", "sonic", "eos")
_PLUGIN = "/var/run/ztp/plugins/rackwright"
"""Where SONiC puts the script while it runs."""


def boot_url(switch: Switch, design: Design) -> str | None:
    """What DHCP tells the switch to fetch; None: nothing boots it (InfiniBand)."""
    if switch.nos not in _SCRIPTED:
        return None
    return f"{url(design)}/ztp/{switch.name}/{'ztp.json' if switch.nos == 'sonic' else 'first-boot.sh'}"


def ztp_files(switch: Switch, files: Mapping[str, str], design: Design) -> dict[str, str]:
    """Site files of one switch, from its rendered files (absolute path to text)."""
    if switch.nos not in _SCRIPTED or not files:
        return {}
    sums = "".join(f"{_digest(files[path])}  {path}\n" for path in sorted(files))
    folder = f"ztp/{switch.name}"
    made = {
        f"{folder}/SHA256SUMS": sums,
        f"{folder}/first-boot.sh": template(f"ztp/{switch.nos}.sh.j2").render(
            switch=switch,
            depot=quote(url(design)),
            manifest=_digest(sums),
            user=_user(switch, design),
            management=next((port for port in switch.ports if port.use == "management"), None),
            prefix=design.plane("management").prefix,
        ),
    }
    if switch.nos == "sonic":
        source = f"{url(design)}/{folder}/first-boot.sh"
        section = {
            "plugin": {"url": {"source": source, "destination": _PLUGIN}},
            "ignore-result": False,
            "halt-on-failure": True,
        }
        made[f"{folder}/ztp.json"] = json.dumps({"ztp": {"001-rackwright": section}}, indent=1) + "\n"
    return made


def _user(switch: Switch, design: Design) -> str:
    """Who gets the public key. EOS has no login ``root``: its first user is ``admin``."""
    name = design.spec.access.ssh_user
    return "admin" if switch.nos == "eos" and name == "root" else name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
