"""A table of tiny programs, a package and two images: a depot in a second, with all that a real one has."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

GO_MOD = "module rackwright.invalid/tiny\n\ngo 1.21\n"
MAIN = """package main

var version = "unknown"

func main() { println("tiny", version) }
"""


def deb(content: bytes = b"a library") -> bytes:
    """A Debian package: a program, a library behind a link, a manual and a licence."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as tar:
        for name, text, mode in (
            ("./usr/sbin/tool", b"a tool", 0o755),
            ("./lib/x86_64-linux-gnu/libtool.so.1.0", content, 0o644),
            ("./usr/share/doc/tool/copyright", b"MIT", 0o644),
            ("./usr/share/man/tool.1", b"a manual", 0o644),
        ):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), mode
            tar.addfile(info, io.BytesIO(text))
        link = tarfile.TarInfo("./lib/x86_64-linux-gnu/libtool.so.1")
        link.type, link.linkname = tarfile.SYMTYPE, "libtool.so.1.0"
        tar.addfile(link)
    made = b"!<arch>\n"
    for name, body in (("debian-binary", b"2.0\n"), ("data.tar.xz", data.getvalue())):
        made += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(body):<10}`\n".encode() + body
        made += b"\n" * (len(body) % 2)
    return made


def table(release: bytes | None = b"#!/bin/sh\necho fetched 2.0\n") -> str:
    """Text of the table; ``release`` is what the publisher gives, None: nobody knows its digest."""
    sha256 = f"sha256: {{amd64: {hashlib.sha256(release or b'').hexdigest()}}}"
    package = hashlib.sha256(deb()).hexdigest()
    return f"""version: 1.0.0
source: https://example.com/tiny
modules:
  tiny: {{folder: tiny, stamps: {{main.version: 1.0.0}}}}
releases:
  fetched:
    url: https://releases.example.com/fetched-{{arch}}
    {sha256 if release else "sha256: {}"}
files:
  fetched:
    version: 2.0.0
    licence: MIT
    source: https://example.com/fetched
    release: {{from: fetched}}
  other:
    version: 1.0.0
    licence: MIT
    source: https://example.com/other
    optional: true
    go: {{module: tiny, package: .}}
  tiny:
    version: 1.0.0
    licence: Apache-2.0
    source: https://example.com/tiny
    go: {{module: tiny, package: .}}
    says: {{arguments: [], text: tiny 1.0.0}}
packages:
  tool:
    version: 1-1
    licence: MIT
    source: https://packages.debian.org/tool
    path: pool/main/t/tool/tool_1-1_{{arch}}.deb
    sha256: {{amd64: {package}}}
snapshot: https://snapshot.example.com/debian
images:
  both:
    name: registry.example.com/a/both:v1
    files: {{fetched: /usr/local/bin/fetched, tiny: /tiny}}
    packages: [tool]
    entrypoint: [/tiny]
  tiny:
    name: registry.example.com/tiny:1.0.0
    files: {{tiny: /tiny}}
    entrypoint: [/tiny]
"""


def catalog(home: Path, text: str) -> None:
    """A catalog with this table alone."""
    module = home / "catalog" / "artifacts" / "go" / "tiny"
    module.mkdir(parents=True)
    (module / "go.mod").write_text(GO_MOD)
    (module / "main.go").write_text(MAIN)
    (home / "catalog" / "artifacts" / "tiny-1.0.0.yaml").write_text(text)
