"""Taking an object away: what depends on it first, and nothing that is somebody else's."""

from __future__ import annotations

from rackwright.errors import WorldRefused
from rackwright.kube import listing, options, waiting
from rackwright.kube.api import Api, Json, Said
from rackwright.kube.identity import Identity
from rackwright.kube.owners import also_declared_by
from rackwright.resources.handler import Progress, Props

NAMED = 5


async def delete(api: Api, inputs: Props, which: Identity, path: str, live: Json, progress: Progress) -> None:
    """Delete and wait for the end; of what others declare too, only withdraw our fields.

    :raises WorldRefused: a CRD of which objects are left, or something keeps the object.
    """
    manager, uid = options.manager(inputs), live["metadata"]["uid"]
    other = also_declared_by(live, manager)
    if inputs.get("shared") or other:
        await _withdraw(api, which, path, uid, manager)
        progress(f"kept, our fields withdrawn: {f'{other} declares it too' if other else 'it is not ours'}")
        return
    if waiting.is_crd(which):
        await _nothing_left(api, which, live)
    await api.delete(path, uid)
    await waiting.until_gone(api, which, path, uid, options.seconds(inputs), progress)
    progress("deleted")


async def _withdraw(api: Api, which: Identity, path: str, uid: str, manager: str) -> None:
    """Give up every field that we own. With the uid it cannot make the object anew."""
    try:
        await api.apply(path, which.bare(uid), manager, force=True)
    except Said as said:
        if said.code not in (404, 409):
            raise


async def _nothing_left(api: Api, which: Identity, crd: Json) -> None:
    """A CRD takes all objects of its kind along: those are somebody's work.

    :raises WorldRefused: there are some.
    """
    served = waiting.collections(crd)
    try:
        left = await listing.metadata(api, served.collection())
    except Said as said:
        if said.code == 404:  # not served (any more): there cannot be objects that anybody uses
            return
        raise
    if left:
        names = [
            f"{each['namespace']}/{each['name']}" if each.get("namespace") else each["name"] for each in left
        ]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        found = f"{len(names)} objects of its kind are left: {', '.join(names[:NAMED])}{more}"
        raise WorldRefused(
            str(which), "delete", found, "they would go with it; delete them first if they may go"
        )
