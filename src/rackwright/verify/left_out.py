"""Left out: why ``up`` ended without the platform, as it wrote down in one line of the cluster's state.

Then nothing of Kubernetes is asked, of machines or of an API, and each of its checks is *not measured*: what
could not be had cannot fail.
"""

from __future__ import annotations

from rackwright import paths
from rackwright.up.left_out import FILE


def reason(cluster: str) -> str | None:
    """Why; None: the platform was not left out.

    >>> reason("no-such-cluster") is None
    True
    """
    try:
        lines = (paths.state_dir(cluster) / FILE).read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return None
    return lines[0].strip() or "left out"
