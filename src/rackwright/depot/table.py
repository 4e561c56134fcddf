"""What a depot is to hold (``catalog/artifacts/<name>.yaml``): programs, packages, charts, container images.

A file comes from an official release (when the publisher's digest is known), or is built from a Go
module. Either way its row says version, licence and source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rackwright.locks.model import PackageVersion, Sha256, Url
from rackwright.models.spec import Strict

Arch = Literal["amd64", "arm64"]
"""Architecture in the words of Go and Debian."""
ArtifactName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
ImageName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*\.[a-z]+(/[a-z0-9][a-z0-9._-]*)+:[A-Za-z0-9._-]+$")
]
"""Registry, repository and tag, as a pod names it: ``registry.k8s.io/pause:3.10.2``."""
ImagePath = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$")]
FolderPath = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_][a-z0-9_.-]*(/[a-z0-9_][a-z0-9_.-]*)*$")]
"""A folder of this tree, by its path."""
ChartUrl = Annotated[str, StringConstraints(pattern=r"^(oci|https)://[^ ?#]+$")]
"""``oci://registry/repository`` of a chart, or ``https://`` of its archive."""
PoolPath = Annotated[str, StringConstraints(pattern=r"^pool/[A-Za-z0-9/+._{}-]+\.deb$")]


class Release(Strict):
    """A file that a publisher offers; ``{arch}`` stands for the architecture."""

    url: Url
    sha256: Mapping[Arch, Sha256] = Field(default_factory=dict)
    """The publisher's digest by architecture; none: it is not known here, and the release is refused."""
    digests_from: Url | None = None
    """Public page that has the digests, where that is not the publisher's own."""


class Module(Strict):
    """A folder of ``catalog/artifacts/go``, or by its path one of this tree, with go.mod and go.sum, which
    pin every module of a build by digest.
    """

    folder: FolderPath
    tags: tuple[str, ...] = Field(default=(), strict=False)
    """Build tags."""
    stamps: Mapping[str, str] = Field(default_factory=dict)
    """Variables that the linker sets: ``package.variable`` to text. Programs tell their version from them."""


class FromRelease(Strict):
    """Which release a file is from, or is in."""

    source: Annotated[ArtifactName, Field(alias="from")]
    """Row of ``releases``."""
    member: str | None = None
    """Its name in the release's tar archive; None: the release is the file itself."""


class FromModule(Strict):
    """Which Go package a program is built from."""

    module: ArtifactName
    """Row of ``modules``."""
    package: str


class Says(Strict):
    """How a program tells its version; asked where this machine can run it."""

    arguments: tuple[str, ...] = Field(strict=False)
    text: str
    """Stands in its output."""


class FileRow(Strict):
    """A program."""

    version: PackageVersion
    licence: str
    """SPDX expression."""
    source: Url
    optional: bool = False
    """Left out unless it is asked for by name."""
    release: FromRelease | None = None
    go: FromModule | None = None
    says: Says | None = None


class PackageRow(Strict):
    """A package of Debian whose files go into an image."""

    version: str
    licence: str
    source: Url
    path: PoolPath
    """Below the archive's address; ``{arch}`` stands for the architecture."""
    sha256: Mapping[Arch, Sha256]


class Copied(Strict):
    """An image of a publisher's, taken from the registry that its name begins with."""

    licence: str
    source: Url
    sha256: Sha256 | None = None
    """Of its manifest, or of the index of its architectures; None: not known, and the image is refused."""


class ImageRow(Strict):
    """A container image: one layer of files, put together here; or a publisher's own."""

    name: ImageName
    copied: Copied | None = None
    """None: it is put together here."""
    files: Mapping[ArtifactName, ImagePath] = Field(default_factory=dict)
    """Rows of ``files`` and where they lie in the image."""
    packages: tuple[ArtifactName, ...] = Field(default=(), strict=False)
    """Rows of ``packages`` whose files are beneath."""
    entrypoint: tuple[str, ...] = Field(default=(), strict=False)


class ChartRow(Strict):
    """A Helm chart."""

    version: PackageVersion
    licence: str
    source: Url
    url: ChartUrl | None = None
    sha256: Sha256 | None = None
    """``oci://``: of its manifest; ``https://``: of the archive. None: not known here, and it is refused."""
    folder: FolderPath | None = None
    """A folder of this tree in the place of an address."""


class Table(Strict):
    """A whole table."""

    version: PackageVersion
    """Of what it is all for: the lock's row must report it."""
    source: Url
    helm: ArtifactName | None = None
    """Table whose program ``helm`` renders the charts; it runs on the controller only."""
    modules: Mapping[ArtifactName, Module] = Field(default_factory=dict)
    releases: Mapping[ArtifactName, Release] = Field(default_factory=dict)
    files: Mapping[ArtifactName, FileRow] = Field(default_factory=dict)
    packages: Mapping[ArtifactName, PackageRow] = Field(default_factory=dict)
    snapshot: Url | None = None
    """Debian's archive as it was when the packages were chosen."""
    charts: Mapping[ArtifactName, ChartRow] = Field(default_factory=dict)
    images: Mapping[ArtifactName, ImageRow] = Field(default_factory=dict)

    @property
    def copied(self) -> Mapping[ArtifactName, tuple[str, Copied]]:
        """Images that come from a registry: row to name and pin."""
        return {name: (row.name, row.copied) for name, row in self.images.items() if row.copied}

    def digest(self, file: FileRow, arch: Arch) -> str | None:
        """sha256 of a file's release; None: the file has no release, or its digest is not known."""
        return self.releases[file.release.source].sha256.get(arch) if file.release else None

    def pinned(self, file: FileRow, arch: Arch, origin: str) -> str | None:
        """sha256 of the file as it lies in a depot; None where it is not the release itself, or not known.

        :param origin: where it came from, as the depot's record says.
        """
        direct = origin == "release" and file.release is not None and file.release.member is None
        return self.digest(file, arch) if direct else None
