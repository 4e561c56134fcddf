"""Which of Debian's packages serve for a lock's, and what is refused; packages under another name say so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rackwright.errors import WorldRefused
from rackwright.lab.depot import listing, real, repack
from rackwright.lab.twins import deb

needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
RUNC = real.Wanted("a-lock", "runc", "runc", "1.1.15+ds1-2+b4")
BUNDLE = real.Wanted("a-lock", "containerd", "containerd.io", "2.1.9-1~ubuntu.24.04~noble")


@pytest.mark.parametrize(
    ("version", "upstream"),
    [
        ("1.1.15+ds1-2+b4", "1.1.15"),
        ("1.7.24~ds1-6+deb13u1", "1.7.24"),
        ("1:4.5.3-1", "4.5.3"),
        ("2.1.9-1~ubuntu.24.04~noble", "2.1.9"),
        ("1.9.0-1+b4", "1.9.0"),
        ("1.8.12+dfsg-1", "1.8.12"),
    ],
)
def test_upstream(version: str, upstream: str) -> None:
    assert real.upstream(version) == upstream


@pytest.mark.parametrize(
    ("offered", "origin", "version"),
    [
        (["1.1.15+ds1-2+b4"], "real", "1.1.15+ds1-2+b4"),
        (["1.1.15+ds1-3", "1.1.15+ds1-2+b4"], "real", "1.1.15+ds1-2+b4"),
        (["1.1.15+ds1-2+b9"], "relabelled", "1.1.15+ds1-2+b9"),
        (["1.3.0+ds1-1", "1.1.15+ds2-1"], "relabelled", "1.1.15+ds2-1"),
    ],
)
def test_the_revision_may_differ(offered: list[str], origin: str, version: str) -> None:
    [choice] = real.choose([RUNC], {"runc": offered}, {})
    assert (choice.origin, choice.versions) == (origin, (version,))


def test_another_upstream_version_is_refused_with_row_found_and_expected_and_all_at_once() -> None:
    other = real.Wanted("a-lock", "node_exporter", "prometheus-node-exporter", "1.7.0-1ubuntu0.3")
    with pytest.raises(WorldRefused) as refused:
        real.choose([RUNC, other], {"runc": ["1.3.6+ds1-1"]}, {})
    text = str(refused.value)
    assert "lock a-lock, row runc: runc: found runc 1.3.6+ds1-1, expected upstream 1.1.15" in text
    assert "row node_exporter: prometheus-node-exporter: found prometheus-node-exporter none" in text
    assert "RACKWRIGHT_MIRROR" in text


def test_a_bundle_is_made_of_the_newer_suite_and_of_the_first_ones_version() -> None:
    newer = {"containerd": ["2.2.0-1", "2.1.9+ds1-5"], "runc": ["1.3.6+ds1-1"]}
    [choice] = real.choose([BUNDLE], {"containerd": ["1.7.24~ds1-6"], "runc": ["1.1.15+ds1-2"]}, newer)
    assert choice.origin == "repacked"
    assert choice.note == "repacked from Debian's containerd 2.1.9+ds1-5, runc 1.3.6+ds1-1"
    with pytest.raises(WorldRefused, match=r"expected upstream 2\.1\.9"):
        real.choose([BUNDLE], {}, {"containerd": ["2.2.0-1"], "runc": ["1.3.6+ds1-1"]})
    with pytest.raises(WorldRefused, match="runc none"):
        real.choose([BUNDLE], {}, {"containerd": ["2.1.9-1"]})


def field(path: Path, name: str) -> str:
    done = subprocess.run(["dpkg-deb", "--field", path, name], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@needs_dpkg
def test_a_relabelled_package_says_what_it_is(tmp_path: Path) -> None:
    made = deb.write(
        deb.Package("a", "1-2", "an a", ("b",), files={"usr/a": deb.Item(b"x")}), "amd64", tmp_path
    )
    path = repack.write([made], "a", "1-1", "relabelled from Debian's a 1-2", tmp_path)
    assert path.name == "a_1-1_amd64.deb"
    assert (field(path, "Version"), field(path, "Depends")) == ("1-1", "b")
    assert "rackwright lab: relabelled from Debian's a 1-2." in field(path, "Description")
    subprocess.run(["dpkg-deb", "--extract", path, tmp_path / "out"], check=True)
    assert (tmp_path / "out/usr/a").read_bytes() == b"x"


@needs_dpkg
def test_a_bundle_holds_its_parts_and_excludes_them(tmp_path: Path) -> None:
    first = deb.Package(
        "a",
        "1-1",
        "an a",
        ("b", "libc6"),
        files={"usr/a": deb.Item(b"a")},
        scripts={"postinst": "#!/bin/sh\n"},
    )
    second = deb.Package("b", "2-1", "a b", ("libc6", "libx"), files={"usr/b": deb.Item(b"b")})
    parts = [deb.write(package, "amd64", tmp_path) for package in (first, second)]
    path = repack.write(parts, "a.io", "1-9", "repacked from a and b", tmp_path)
    assert field(path, "Package") == "a.io"
    assert field(path, "Depends") == "libc6, libx"
    assert {field(path, name) for name in ("Provides", "Conflicts", "Replaces")} == {"a, b"}
    listed = subprocess.run(
        ["dpkg-deb", "--contents", path], capture_output=True, text=True, check=True
    ).stdout
    assert "./usr/a" in listed
    assert "./usr/b" in listed


@needs_dpkg
def test_a_bundled_package_with_scripts_is_refused(tmp_path: Path) -> None:
    first = deb.write(deb.Package("a", "1", "an a"), "amd64", tmp_path)
    second = deb.write(deb.Package("b", "1", "a b", scripts={"prerm": "#!/bin/sh\n"}), "amd64", tmp_path)
    with pytest.raises(WorldRefused, match="prerm"):
        repack.write([first, second], "a.io", "1", "note", tmp_path)


def test_the_list_names_every_package_and_what_it_is(tmp_path: Path) -> None:
    index = "Package: b\nVersion: 2-1\nDepends: a\n\nPackage: a\nVersion: 1-1\nDescription: x\n Version: 9\n"
    rows = listing.entries(index, {("a", "1-1"): ("twin", "simulated")})
    assert [(row.package, row.origin) for row in rows] == [("a", "twin"), ("b", "real")]
    listing.save(tmp_path, rows)
    assert listing.load(tmp_path) == rows
