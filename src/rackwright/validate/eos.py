"""EOS: each startup configuration read back, and one of each kind compared with pyavd's own rendering of the
whole switch, after pyavd's schema has judged the model."""

from __future__ import annotations

import difflib
from importlib.util import find_spec

from rackwright.models.design import Design, Switch
from rackwright.models.finding import Finding
from rackwright.render.build import Files
from rackwright.render.nos.eos import PATH
from rackwright.render.nos.eos.model import model
from rackwright.render.nos.eos.text import whole
from rackwright.render.wiring import Wiring
from rackwright.validate.eos_text import problems
from rackwright.validate.texts import texts_of

name = "eos"
needs: tuple[str, ...] = ()


def fits(design: Design) -> bool:
    """Whether a switch runs EOS and pyavd is here; without it EOS is listed as not rendered."""
    return find_spec("pyavd") is not None and any(switch.nos == "eos" for switch in design.switches)


def check(design: Design, files: Files) -> list[Finding]:
    """Every EOS switch's text; the first of each fabric, tier and set of VRFs against pyavd, too."""
    texts, found = texts_of(design, files, "eos", PATH, "a startup configuration")
    wiring, seen = Wiring.of(design), set()
    for device, text in texts.items():
        switch = wiring.switches[device]
        found += problems(device, PATH, text)
        kind = switch.fabric, switch.tier, frozenset(port.vrf for port in switch.ports)
        if kind not in seen:
            seen.add(kind)
            found += compared(switch, design, wiring, text)
    return sorted(found)


def compared(switch: Switch, design: Design, wiring: Wiring, text: str) -> list[Finding]:
    """The switch's model under pyavd's schema, and its text beside pyavd's; the first difference counts."""
    import pyavd

    judged = pyavd.validate_structured_config(whole(model(switch, design, wiring)))
    if judged.validated_data is None:
        return [
            Finding(f"{switch.name} {'.'.join(wrong.path)}", "schema", wrong.message, "what pyavd accepts")
            for wrong in judged.validation_result.violations
        ]
    theirs = pyavd.get_device_config(judged.validated_data).splitlines()
    for number, (ours, other) in enumerate(zip(text.splitlines(), theirs, strict=False), 1):
        if ours != other:
            return [Finding(f"{switch.name}:{PATH}:{number}", "schema", ours, other, "pyavd's own rendering")]
    if len(theirs) != len(text.splitlines()):
        gone = next(iter(difflib.unified_diff(theirs, text.splitlines(), n=0)), "")
        said = f"{len(text.splitlines())} lines"
        return [Finding(f"{switch.name}:{PATH}", "schema", said, f"{len(theirs)} lines", gone.strip())]
    return []
