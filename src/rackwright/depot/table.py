"""What a depot is to hold: ``catalog/artifacts/<name>.yaml``, programs, packages and container images.

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
PoolPath = Annotated[str, StringConstraints(pattern=r"^pool/[A-Za-z0-9/+._{}-]+\.deb$")]


class Release(Strict):
    """A file that a publisher offers; ``{arch}`` stands for the architecture."""

    url: Url
    sha256: Mapping[Arch, Sha256] = Field(default_factory=dict)
    """The publisher's digest by architecture; none: it is not known here, and the release is refused."""
    digests_from: Url | None = None
    """Public page that has the digests, where that is not the publisher's own."""


class Module(Strict):
    """A folder of ``catalog/artifacts/go`` with go.mod and go.sum, which pin every module of a build by
    digest.
    """

    folder: ArtifactName
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


class ImageRow(Strict):
    """A container image: one layer of files, put together here."""

    name: ImageName
    files: Mapping[ArtifactName, ImagePath]
    """Rows of ``files`` and where they lie in the image."""
    packages: tuple[ArtifactName, ...] = Field(default=(), strict=False)
    """Rows of ``packages`` whose files are beneath."""
    entrypoint: tuple[str, ...] = Field(strict=False)


class Table(Strict):
    """A whole table."""

    version: PackageVersion
    """Of what it is all for: the lock's row must report it."""
    source: Url
    modules: Mapping[ArtifactName, Module]
    releases: Mapping[ArtifactName, Release]
    files: Mapping[ArtifactName, FileRow]
    packages: Mapping[ArtifactName, PackageRow] = Field(default_factory=dict)
    snapshot: Url | None = None
    """Debian's archive as it was when the packages were chosen."""
    images: Mapping[ArtifactName, ImageRow]

    def digest(self, file: FileRow, arch: Arch) -> str | None:
        """sha256 of a file's release; None: the file has no release, or its digest is not known."""
        return self.releases[file.release.source].sha256.get(arch) if file.release else None

    def pinned(self, file: FileRow, arch: Arch, origin: str) -> str | None:
        """sha256 of the file as it lies in a depot; None where it is not the release itself, or not known.

        :param origin: where it came from, as the depot's record says.
        """
        direct = origin == "release" and file.release is not None and file.release.member is None
        return self.digest(file, arch) if direct else None
