"""The storage tier: servers enough for its copies, a mount point that covers nothing."""

from __future__ import annotations

from rackwright.load.draft import Draft
from rackwright.load.plain import Document

_SYSTEM = frozenset(
    ["bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "var"]
)


def check_storage(doc: Document, draft: Draft) -> None:
    """Copies against servers (GlusterFS wants whole sets of replica servers), and the mount point."""
    tier = draft.storage
    if tier is None:
        return
    parts = [part for part in tier.mount.split("/") if part]
    if not parts or tier.mount != "/" + "/".join(parts) or (parts[0] in _SYSTEM):
        doc.say(("storage", "mount"), "a mount point of its own, such as /mnt/scratch")
    if draft.named.get("machines", frozenset()) != frozenset(draft.machines):
        return  # a group is wrong and may be the storage servers
    servers = sum(group.count for group in draft.machines.values() if group.role == "storage")
    if servers == 0:
        doc.say(("storage",), "a group of machines with role storage", found="none", at_key=True)
    elif tier.replica > servers:
        shown = None if ("storage", "replica") in doc.places else f"the default {tier.replica}"
        doc.say(
            ("storage", "replica"), f"at most {servers}", f"there are {servers} storage servers", found=shown
        )
    elif servers % tier.replica:
        shown = None if ("storage", "replica") in doc.places else f"the default {tier.replica}"
        hint = f"there are {servers} storage servers; GlusterFS takes them in sets of {tier.replica}"
        doc.say(("storage", "replica"), f"a divisor of {servers}", hint, found=shown)
