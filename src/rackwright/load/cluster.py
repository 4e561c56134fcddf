"""load: a cluster's name or path to its ClusterSpec and Tables.

>>> path, spec, tables = load("lab")  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rackwright.errors import BadInput, Problem, UsageError
from rackwright.load.assets import assets
from rackwright.load.catalog import tables
from rackwright.load.checks import check
from rackwright.load.checks.assets import check_assets
from rackwright.load.draft import draft
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, limited, open_document
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset, Tables
from rackwright.paths import home, inventories

FILE = "cluster.yaml"


def load(cluster: str) -> tuple[Path, ClusterSpec, Tables]:
    """Read a cluster: a name below ``inventories/``, a folder with a ``cluster.yaml``, or a file.

    :raises BadInput: every mistake at once, in the cluster file and in the asset list beside it.
    :raises UsageError: there is no such cluster.
    """
    path = locate(cluster)
    known = tables(home())
    problems: list[Problem] = []
    doc, part = None, None
    try:
        doc = open_document(path)
    except BadInput as error:
        problems += error.problems
    else:
        part = draft(doc)
    asset_doc: Document | None = None
    listed: dict[str, Asset] = {}
    try:
        asset_doc, listed = assets(path.parent / "assets.yaml")
    except BadInput as error:
        problems += error.problems
    if doc is not None and part is not None:
        check(doc, part, known)
        problems += doc.problems
    if asset_doc is not None:
        if part is not None and part.spec is not None and not problems:
            check_assets(asset_doc, listed, part.spec, known)
        problems += asset_doc.problems
    if problems or part is None or part.spec is None:
        raise BadInput(limited(problems))
    return path, part.spec, replace(known, assets=listed)


def locate(cluster: str) -> Path:
    """The cluster file that a name or path means.

    :raises UsageError: there is none; with the nearest name.
    """
    if "\0" in cluster or not cluster:
        raise UsageError("no cluster named; give a name below inventories/ or a path")
    given = Path(cluster)
    by_name = inventories() / cluster / FILE
    if "/" not in cluster and _is_file(by_name):
        return by_name
    for candidate in (given, given / FILE):
        if _is_file(candidate):
            return candidate
    names = [folder.parent.name for folder in inventories().glob(f"*/{FILE}")]
    hint = did_you_mean(cluster, names)
    raise UsageError(f"no cluster {cluster[:80]!r}: no such name below inventories/, no such file; {hint}")


def _is_file(path: Path) -> bool:
    """False also for what cannot be looked at: a name that is too long, a folder that is closed to us."""
    try:
        return path.is_file()
    except OSError:
        return False
