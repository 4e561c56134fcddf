"""RoCE: the compute plane's contract holds together, and stands nowhere else."""

from __future__ import annotations

from rackwright.load.draft import Draft
from rackwright.load.plain import Document
from rackwright.models.spec import RoceSettings
from rackwright.models.tables import Tables
from rackwright.qos.contract import merged
from rackwright.qos.mistakes import mistakes


def check_roce(doc: Document, draft: Draft, tables: Tables) -> None:
    """Each contradiction at the key that says it, or at the plane where a default does."""
    for name, plane in draft.planes.items():
        fabric = draft.fabrics.get(plane.fabric)
        if fabric is None:
            continue
        if name != "compute" or fabric.kind != "roce":
            if plane.roce is not None:
                hint = f"plane {name} is on {plane.fabric}, kind {fabric.kind}"
                doc.say(
                    ("planes", name, "roce"), "roce on a compute plane of kind roce only", hint, at_key=True
                )
            continue
        table = tables.planes["compute"]
        if table.roce is None:
            continue
        changes = plane.roce or RoceSettings()
        switch = tables.switches.get(fabric.switch)
        contract = merged(table.roce, changes, plane.mtu or table.mtu)
        for wrong in mistakes(contract, fabric.nos, switch.buffer_bytes if switch else None):
            path = ("planes", name, "roce", wrong.key)
            written = getattr(changes, wrong.key) is not None
            shown = None if written else f"the default {wrong.found}"
            doc.say(path, wrong.expected, wrong.hint, found=shown)
