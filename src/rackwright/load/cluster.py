"""load: a cluster's name or path to its ClusterSpec and Tables.

>>> path, spec, tables = load("lab")  # doctest: +SKIP
>>> [str(choice) for choice in read("lab").choices]  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rackwright.design.limits import site_shortages
from rackwright.errors import BadInput, Problem, UsageError
from rackwright.load.assets import assets
from rackwright.load.catalog import tables
from rackwright.load.checks import check
from rackwright.load.checks.assets import check_assets
from rackwright.load.draft import Draft, draft
from rackwright.load.filling import Filled
from rackwright.load.intent import fill
from rackwright.load.kubernetes_choices import widen_pods
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document, limited, open_document
from rackwright.load.prefixes import widen
from rackwright.locks import load_lock
from rackwright.models.choice import Choice
from rackwright.models.spec import ClusterSpec
from rackwright.models.tables import Asset, Tables
from rackwright.paths import home, inventories

FILE = "cluster.yaml"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A cluster file that is right."""

    path: Path
    spec: ClusterSpec
    tables: Tables
    choices: tuple[Choice, ...]
    """What the file leaves out and load filled in."""


def load(cluster: str) -> tuple[Path, ClusterSpec, Tables]:
    """As :func:`read`, without the choices."""
    loaded = read(cluster)
    return loaded.path, loaded.spec, loaded.tables


def read(cluster: str) -> Loaded:
    """Read a cluster: a name below ``inventories/``, a folder with a ``cluster.yaml``, or a file.

    :raises BadInput: every mistake at once, in the cluster file and in the asset list beside it.
    :raises UsageError: there is no such cluster.
    """
    path = locate(cluster)
    known = tables(home())
    problems: list[Problem] = []
    doc, part, filled = None, None, Filled(None)
    try:
        doc = open_document(path)
    except BadInput as error:
        problems += error.problems
    else:
        filled = fill(doc, known)
        part = draft(doc, filled.data)
    asset_doc: Document | None = None
    listed: dict[str, Asset] = {}
    try:
        asset_doc, listed = assets(path.parent / "assets.yaml")
    except BadInput as error:
        problems += error.problems
    if doc is not None and part is not None:
        check(doc, part, known)
        if part.spec is not None and not doc.problems:
            known = _with_versions(part.spec, known)
            _fit(doc, part, filled, known)
        problems += doc.problems
    if asset_doc is not None:
        if part is not None and part.spec is not None and not problems:
            check_assets(asset_doc, listed, part.spec, known)
        problems += asset_doc.problems
    if problems or part is None or part.spec is None:
        raise BadInput(limited(problems))
    known = replace(known, assets=listed)
    return Loaded(path, part.spec, known, tuple(filled.choices))


def _with_versions(spec: ClusterSpec, tables: Tables) -> Tables:
    """With what the file's host lock reports: what designs a cluster reads no lock itself."""
    rows = load_lock(spec.lock).rows
    return replace(tables, versions={name: row.reports for name, row in rows.items() if row.reports})


def _fit(doc: Document, part: Draft, filled: Filled, known: Tables) -> None:
    """Prefixes that load chose grow as far as the cluster needs; what then is short is a mistake."""
    assert part.spec is not None  # noqa: S101 (narrowing for the type checker)
    part.spec, changed, lacks = widen(part.spec, known, filled.rooms)
    part.spec = widen_pods(part.spec, known, filled)
    again = {choice.path: choice for choice in changed}
    filled.choices = [again.get(choice.path, choice) for choice in filled.choices]
    for lack in lacks or site_shortages(part.spec, known):
        doc.say(lack.path, lack.expected, lack.hint, found=lack.found)


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
