"""Sharing: profiles that exist, of groups that have GPUs; features that are there; what drivers refuse."""

from __future__ import annotations

from rackwright.gpu_sharing.gates import gates
from rackwright.gpu_sharing.judge import Asked, judge
from rackwright.gpu_sharing.profile import WORDS, Profile, parse
from rackwright.kubernetes.features import features
from rackwright.load.checks.kubernetes import line_of
from rackwright.load.draft import Draft
from rackwright.load.nearest import did_you_mean
from rackwright.load.plain import Document
from rackwright.models.tables import GpuModel, Tables


def check_sharing(doc: Document, draft: Draft, tables: Tables) -> None:
    """Names first; the drivers' rules are asked of what is named right."""
    section = draft.kubernetes
    if section is None:
        return
    asked = Asked(
        section.dra.gpu,
        _profiles(doc, draft),
        _models(draft, tables),
        tuple(name for name in section.dra.features if name in gates()),
    )
    for index, name in enumerate(section.dra.features):
        if name not in gates():
            hint = did_you_mean(name, gates())
            doc.say(("kubernetes", "dra", "features", index), "a row of catalog/dra-gates.yaml", hint)
    for refusal in judge(asked):
        if refusal.group is not None:
            doc.say(("kubernetes", "sharing", refusal.group), refusal.expected, refusal.why)
        elif refusal.gate is not None:
            index = section.dra.features.index(refusal.gate)
            doc.say(("kubernetes", "dra", "features", index), refusal.expected, refusal.why)
    _features(doc, draft, tables)


def _profiles(doc: Document, draft: Draft) -> dict[str, Profile]:
    """Those of groups with role gpu, that can be read."""
    assert draft.kubernetes is not None  # noqa: S101 (narrowing for the type checker)
    found: dict[str, Profile] = {}
    groups = {name for name, group in draft.machines.items() if group.role == "gpu"}
    whole = draft.named.get("machines", frozenset()) == frozenset(draft.machines)
    for name, text in draft.kubernetes.sharing.items():
        path = ("kubernetes", "sharing", name)
        if whole and name not in groups:
            hint = did_you_mean(name, groups)
            doc.say(path, "a group of machines with role gpu", hint, found=f"key {name}", at_key=True)
            continue
        profile = parse(text)
        if profile is None:
            doc.say(path, WORDS)
        else:
            found[name] = profile
    return found


def _models(draft: Draft, tables: Tables) -> dict[str, GpuModel]:
    models: dict[str, GpuModel] = {}
    for name, group in draft.machines.items():
        sku = tables.servers.get(group.sku)
        model = tables.gpus.get(sku.gpu) if sku and sku.gpu else None
        if model is not None:
            models[name] = model
    return models


def _features(doc: Document, draft: Draft, tables: Tables) -> None:
    """Gates of Kubernetes itself: known, and there in this release."""
    assert draft.kubernetes is not None  # noqa: S101 (narrowing for the type checker)
    known, line = features(), line_of(draft, tables)
    for index, name in enumerate(draft.kubernetes.features):
        path = ("kubernetes", "features", index)
        if name not in known:
            doc.say(path, "a row of catalog/kubernetes-features.yaml", did_you_mean(name, known))
        elif line is not None and known[name].state(line) == "absent":
            row = known[name]
            until = f" and before {row.gone}" if row.gone else ""
            doc.say(path, f"a gate that {line} has", f"it is there from {row.since} on{until}")
    if line is None:
        return
    for index, name in enumerate(draft.kubernetes.dra.features):
        base = gates()[name].kubernetes if name in gates() else None
        if base is not None and known[base].state(line) == "absent":
            hint = f"it stands on {base}, which is there from {known[base].since} on"
            doc.say(("kubernetes", "dra", "features", index), f"a gate that {line} carries", hint)
