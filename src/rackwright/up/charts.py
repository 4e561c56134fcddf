"""Charts rendered anew before an ``up`` whose values have changed since the depot was built.

The chart and Helm lie in the depot: no chart server is asked, and it takes a second or two.
"""

from __future__ import annotations

from rackwright.depot import rendered
from rackwright.depot.place import here
from rackwright.inventory.artifacts import deployed
from rackwright.locks import load_lock
from rackwright.pipeline import Planned


def render(planned: Planned) -> list[str]:
    """Releases that were rendered; none where all were fresh. What the depot lacks, the role says.

    :raises WorldRefused: Helm refuses a chart or its values.
    """
    name, design = planned.design.name, planned.design.kubernetes
    if design is None:
        return []
    made = []
    for each in deployed(name, design, load_lock(planned.spec.lock)):
        if each.by is not None and not rendered.fresh(here(), name, each.release, each.by):
            rendered.make(here(), name, each.release, each.by)
            made.append(each.release.name)
    return made
