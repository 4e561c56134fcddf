"""The depot's bill of materials: CycloneDX 1.6, each file with digest, licence and source, each Go module
in it.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from rackwright.depot.buildinfo import GoModule, read
from rackwright.depot.record import Held, HeldImage, Record

_SPACE = uuid.UUID("5b6d4a3e-6e0b-5c0f-9a55-0d1b7a3c9e21")
"""Of our serial numbers: the same depot has the same one."""
PREFIX = "rackwright:depot"


def document(folder: Path, record: Record) -> str:
    """The bill of materials of a filled depot, as JSON; without the time, so that the same depot has the
    same text.
    """
    bom = Bom(serial_number=uuid.uuid5(_SPACE, record.text()))
    root = Component(
        name=record.table, version=record.version, type=ComponentType.PLATFORM, bom_ref=record.table
    )
    bom.metadata.component = root
    modules: dict[GoModule, Component] = {}
    parts: dict[str, Component] = {}
    loose: list[Component] = []
    for held in record.files:
        component = _component(held, record.arch)
        if held.kind == "chart":
            loose.append(component)
        else:
            parts[held.name] = component
        found = _modules(folder / held.path, modules) if held.kind == "file" else []
        bom.components.update([component, *found])
        bom.register_dependency(component, found)
    images = [_image(image) for image in record.images]
    for image, one in zip(record.images, images, strict=True):
        bom.components.add(one)
        bom.register_dependency(one, [parts[part] for part in image.parts])
    bom.register_dependency(root, [*parts.values(), *loose, *images])
    made = json.loads(JsonV1Dot6(bom).output_as_string())
    del made["metadata"]["timestamp"]  # optional in CycloneDX; the library always writes one
    return json.dumps(made, indent=1) + "\n"


def _image(image: HeldImage) -> Component:
    name, version = image.name.rsplit(":", 1)
    return Component(
        name=name,
        version=version,
        type=ComponentType.CONTAINER,
        bom_ref=f"image:{image.name}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=image.digest.removeprefix("sha256:"))],
        licenses=[LicenseFactory().make_from_string(image.licence)],
    )


def _component(held: Held, arch: str) -> Component:
    kind = ComponentType.APPLICATION if held.kind == "file" else ComponentType.LIBRARY
    purl = PackageURL("generic", None, held.name, held.version)
    if held.kind == "chart":
        purl = PackageURL("helm", None, held.name, held.version)
    if held.kind == "package":
        purl = PackageURL("deb", "debian", held.name, held.version, {"arch": arch})
    published = held.origin == "release" and held.of.startswith("https://")
    address = held.of if published else held.source
    return Component(
        name=held.name,
        version=held.version,
        type=kind,
        bom_ref=f"{held.kind}:{held.name}",
        purl=purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=held.sha256)],
        licenses=[LicenseFactory().make_from_string(held.licence)],
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(address)),
            ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(held.source)),
        ],
        properties=[
            Property(name=f"{PREFIX}:origin", value=held.origin),
            Property(name=f"{PREFIX}:of", value=held.of),
        ],
    )


def _modules(program: Path, known: dict[GoModule, Component]) -> list[Component]:
    """Go modules of a program; one component for each, however many programs have it."""
    info = read(program)
    if info is None:
        return []
    every = [*info.modules, GoModule("stdlib", info.go, "")]
    for module in every:
        if module not in known:
            namespace, _, name = module.path.rpartition("/")
            known[module] = Component(
                name=module.path,
                version=module.version,
                type=ComponentType.LIBRARY,
                bom_ref=f"go:{module.path}@{module.version}",
                purl=PackageURL("golang", namespace or None, name, module.version),
                properties=[Property(name=f"{PREFIX}:go.sum", value=module.sum)] if module.sum else [],
            )
    return [known[module] for module in every]
