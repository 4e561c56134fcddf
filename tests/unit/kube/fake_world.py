"""What the fake API server holds: objects, who owns their fields, which kinds are served."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = Any
Leaf = tuple[str, ...]
ATOMIC = ("apiVersion", "kind")


@dataclass(frozen=True)
class Kind:
    version: str
    kind: str
    plural: str
    namespaced: bool


class Conflict(Exception):
    """Fields that other managers hold with other values."""

    def __init__(self, causes: list[tuple[str, Leaf]]) -> None:
        super().__init__(str(causes))
        self.causes = causes

    def status(self) -> Json:
        causes = [
            {
                "reason": "FieldManagerConflict",
                "message": f'conflict with "{manager}" using v1',
                "field": "." + ".".join(leaf),
            }
            for manager, leaf in self.causes
        ]
        message = f"Apply failed with {len(causes)} conflict"
        return {"code": 409, "reason": "Conflict", "message": message, "details": {"causes": causes}}


@dataclass
class Held:
    """An object with its owners: (manager, operation) to the leaves that it owns."""

    value: Json
    owners: dict[tuple[str, str], set[Leaf]] = field(default_factory=dict)
    looks: int = 0


class World:
    """``defaults`` and ``drops`` are what the server adds to, and takes from, objects of a kind.

    ``lag``: how many questions about kinds are answered without a new CRD's; ``lingers``: how many looks an
    object survives its deletion; ``conditions``: what a controller writes into the status of a new object;
    ``meddler``: a field that a controller sets after every apply; ``busy``: before how many dry runs somebody
    writes a field of their own; ``leaving``: an object that goes as soon as it has been looked at.
    """

    def __init__(self) -> None:
        self.kinds = [
            Kind("v1", "Namespace", "namespaces", False),
            Kind("v1", "ConfigMap", "configmaps", True),
            Kind("v1", "Secret", "secrets", True),
            Kind("v1", "Node", "nodes", False),
            Kind("resource.k8s.io/v1", "DeviceClass", "deviceclasses", False),
            Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", False),
        ]
        self.objects: dict[tuple[str, str | None, str], Held] = {}
        self.defaults: dict[str, Json] = {}
        self.drops: dict[str, Leaf] = {}
        self.conditions: dict[str, list[Json]] = {}
        self.lag = 0
        self.lingers = 1
        self.old_lists = 0
        self.meddler: tuple[Leaf, Json] | None = None
        self.busy = 0
        self.leaving = ""
        self._revision = 0

    def kind(self, name: str) -> Kind:
        return next(kind for kind in self.kinds if kind.kind == name)

    def served(self, version: str, plural: str) -> Kind | None:
        return next((kind for kind in self.kinds if (kind.version, kind.plural) == (version, plural)), None)

    def group(self, name: str) -> tuple[int, Json]:
        versions = {kind.version for kind in self.kinds if kind.version.startswith(f"{name}/")}
        if not versions:
            return 404, "404 page not found"
        return 200, {"versions": [{"groupVersion": each} for each in sorted(versions)]}

    def resources(self, version: str) -> tuple[int, Json]:
        mine = [kind for kind in self.kinds if kind.version == version]
        if mine and self.lag and version.startswith("example"):
            self.lag -= 1
            return 404, "404 page not found"
        listed = [{"name": k.plural, "kind": k.kind, "namespaced": k.namespaced} for k in mine]
        return (200, {"resources": listed}) if mine else (404, "404 page not found")

    def listed(self, kind: Kind, query: dict[str, str]) -> tuple[int, Json]:
        every = [
            held.value for (name, _, _), held in sorted(self.objects.items(), key=str) if name == kind.kind
        ]
        if query.get("continue") and self.old_lists:
            self.old_lists -= 1
            return 410, {"code": 410, "reason": "Expired", "message": "the list has grown too old"}
        begin, limit = int(query.get("continue", "0")), int(query["limit"])
        more = {"continue": str(begin + limit)} if begin + limit < len(every) else {}
        return 200, {"items": every[begin : begin + limit], "metadata": more}

    def look(self, kind: Kind, namespace: str | None, name: str) -> Json | None:
        key = (kind.kind, namespace, name)
        held = self.objects.get(key)
        if held is None:
            return None
        meta = held.value["metadata"]
        if name == self.leaving:
            del self.objects[key]
        if meta.get("deletionTimestamp") and not meta.get("finalizers"):
            held.looks += 1
            if held.looks > self.lingers:
                del self.objects[key]
                return None
        return copy.deepcopy(held.value)

    def begin_deletion(self, kind: Kind, namespace: str | None, name: str) -> None:
        self.objects[(kind.kind, namespace, name)].value["metadata"]["deletionTimestamp"] = (
            "2026-11-26T12:00:00Z"
        )

    def put(self, manifest: Json, manager: str = "somebody") -> Json:
        """An object that somebody else has made."""
        return self.apply(self.kind(manifest["kind"]), manifest, manager, force=True, operation="Update")

    def get(self, kind: str, name: str, namespace: str | None = None) -> Json | None:
        held = self.objects.get((kind, namespace, name))
        return held.value if held else None

    def edit(self, kind: str, name: str, leaf: Leaf, value: Json, namespace: str | None = None) -> None:
        """Change one field behind everybody's back, as ``kubectl edit`` does; None takes it away."""
        held = self.objects[(kind, namespace, name)]
        for leaves in held.owners.values():
            leaves.discard(leaf)
        _set(held.value, leaf, value)
        if value is not None:
            held.owners.setdefault(("kubectl-edit", "Update"), set()).add(leaf)
        self._written(held)

    def apply(
        self,
        kind: Kind,
        wanted: Json,
        manager: str,
        *,
        force: bool,
        dry: bool = False,
        operation: str = "Apply",
    ) -> Json:
        meta = wanted["metadata"]
        key = (kind.kind, meta.get("namespace"), meta["name"])
        if dry and self.busy:
            self.busy -= 1
            self.edit(kind.kind, key[2], ("metadata", "annotations"), {"beat": str(self.busy)}, key[1])
        uid, held = meta.get("uid"), self.objects.get(key)
        if uid and (held is None or held.value["metadata"]["uid"] != uid):
            raise LookupError(f"uid mismatch: the provided object specified uid {uid}")
        fresh = held is None
        held = copy.deepcopy(held) if held else self._new(kind, wanted)
        before = copy.deepcopy(held.value)
        leaves = {leaf: value for leaf, value in _leaves(wanted) if leaf[0] not in ATOMIC and not _key(leaf)}
        me = (manager, operation)
        against = [
            (other[0], leaf)
            for leaf, value in leaves.items()
            for other, owned in held.owners.items()
            if other != me and leaf in owned and _get(held.value, leaf) != value
        ]
        if against and not force:
            raise Conflict(against)
        for other, leaf in against:
            next(owned for who, owned in held.owners.items() if who[0] == other and leaf in owned).discard(
                leaf
            )
        for leaf in held.owners.get(me, set()) - leaves.keys():
            if not any(leaf in owned for other, owned in held.owners.items() if other != me):
                _set(held.value, leaf, None)
        for leaf, value in leaves.items():
            merged = value == {} and _get(held.value, leaf)  # an empty map takes nothing away
            if leaf != self.drops.get(kind.kind) and not merged:
                _set(held.value, leaf, value)
        held.owners[me] = set(leaves)
        for leaf, value in _leaves(self.defaults.get(kind.kind, {})):
            if _get(held.value, leaf) is None:
                _set(held.value, leaf, value)
        self._fields(held)
        if held.value != before or fresh:
            self._written(held, dry)
        if not dry:
            self.objects[key] = held
            if fresh and kind.kind == "CustomResourceDefinition":
                self._serve(held.value)
        answer = copy.deepcopy(held.value)
        if self.meddler and not dry:
            self.edit(kind.kind, key[2], *self.meddler, namespace=key[1])
        return answer

    def _new(self, kind: Kind, wanted: Json) -> Held:
        meta = {key: wanted["metadata"][key] for key in ("name", "namespace") if key in wanted["metadata"]}
        value: Json = {"apiVersion": kind.version, "kind": kind.kind, "metadata": meta}
        meta |= {"uid": str(uuid.uuid4()), "resourceVersion": "0"}
        if kind.kind in self.conditions:
            value["status"] = {"conditions": self.conditions[kind.kind]}
        return Held(value)

    def _serve(self, crd: Json) -> None:
        spec = crd["spec"]
        crd["status"] = {
            "conditions": [{"type": each, "status": "True"} for each in ("Established", "NamesAccepted")]
        }
        for version in spec["versions"]:
            name = f"{spec['group']}/{version['name']}"
            names, scope = spec["names"], spec["scope"]
            self.kinds.append(Kind(name, names["kind"], names["plural"], scope == "Namespaced"))

    def _written(self, held: Held, dry: bool = False) -> None:
        self._fields(held)
        if not dry:
            self._revision += 1
            held.value["metadata"]["resourceVersion"] = str(self._revision)

    def _fields(self, held: Held) -> None:
        held.owners = {who: owned for who, owned in held.owners.items() if owned}
        entries = []
        for (manager, operation), owned in held.owners.items():
            fields: Json = {}
            for leaf in owned:
                inside = fields
                for part in leaf:
                    inside = inside.setdefault(f"f:{part}", {})
            entries.append({"manager": manager, "operation": operation, "fieldsV1": fields})
        held.value["metadata"]["managedFields"] = entries


def _key(leaf: Leaf) -> bool:
    return leaf[0] == "metadata" and leaf[1] in ("name", "namespace", "uid", "finalizers")


def _leaves(value: Json, path: Leaf = ()) -> Iterator[tuple[Leaf, Json]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif path:
        yield path, value


def _get(value: Json, leaf: Leaf) -> Json:
    for part in leaf:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _set(value: Json, leaf: Leaf, new: Json) -> None:
    for part in leaf[:-1]:
        value = value.setdefault(part, {})
    if new is None:
        value.pop(leaf[-1], None)
    else:
        value[leaf[-1]] = copy.deepcopy(new)
