"""What a machine is: its disk beside the layers below, and what runs on it. Two of them can be compared."""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Sequence

from tests.lab.fingerprint import FACTS
from tests.molecule.box import Box
from tests.molecule.files import delta

from rackwright.lab.inside import must

SETTLE_S = 20
PODS = re.compile(
    r"^(?!file |unit ).*\b(veth[0-9a-f]+|cni0)\b"  # their ends on the node
    r"|^runs (run-containerd|run-netns|var-lib-kubelet)\S*\.mount "
    # kube-proxy's, once it runs
    r"|^net\.netfilter\.nf_conntrack_tcp_(be_liberal|timeout_(close_wait|established)) "
)
"""What comes and goes with pods, whenever Kubernetes starts or ends one: it says nothing about a run."""
RUNTIME = "find run/hardware-twin -type f 2>/dev/null | sort | xargs -r sha256sum"
"""What a simulated kernel module or device has in memory."""


def fingerprint(box: Box) -> list[str]:
    """Lines, sorted; taken once no unit is on its way any more."""
    end = time.monotonic() + SETTLE_S
    while True:
        said = must(box.place, box.server, ["sh", "-c", f"{FACTS}\n{RUNTIME}\ntrue"], timeout=90)
        if not re.search(r"^runs \S+ activating", said, re.MULTILINE) or time.monotonic() > end:
            break
        time.sleep(1)
    files = [f"file {path} {what}" for path, what in delta(box).items()]
    return sorted(files + [line for line in said.splitlines() if not PODS.search(line)])


def difference(before: Sequence[str], after: Sequence[str], stays: Sequence[str] = ()) -> list[str]:
    """What went (-) and came (+), but for lines that match one of ``stays``."""
    allowed = [re.compile(text) for text in stays]
    lines = difflib.ndiff(list(before), list(after))
    changed = [line for line in lines if line[0] in "+-"]
    return [line for line in changed if not any(each.search(line[2:]) for each in allowed)]


def settled(box: Box, wanted: Sequence[str], stays: Sequence[str] = ()) -> list[str]:
    """The difference to what is wanted, once the machine has had the time to become so."""
    end = time.monotonic() + SETTLE_S
    while found := difference(wanted, fingerprint(box), stays):
        if time.monotonic() > end:
            return found
        time.sleep(0.5)
    return []
