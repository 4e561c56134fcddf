"""Finding the engine: digest, cache, archive, no network; against a local server, never the real one."""

from __future__ import annotations

import hashlib
import io
import socket
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from rackwright.engine import find, release
from rackwright.engine.download import Unreachable, WrongDigest, fetch
from rackwright.errors import UsageError


def archive_bytes(version: str = "9.9.9") -> bytes:
    """An archive in the shape of Pulumi's, with programs that only tell their version."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("pulumi", "pulumi-language-python"):
            data = f"#!/bin/sh\necho v{version}\n".encode() + b"#" * 300_000
            info = tarfile.TarInfo(f"pulumi/{name}")
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Mirror:
    """A server with faults: ``content`` is what it gives, ``cut`` after how many bytes it hangs up."""

    def __init__(self, content: bytes) -> None:
        self.content, self.cut, self.status = content, 0, 200
        self.requests: list[str] = []
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
                mirror.requests.append(f"{self.path}@{start}")
                if mirror.status != 200:
                    self.send_error(mirror.status)
                    return
                body = mirror.content[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: mirror.cut] if mirror.cut else body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror with a good archive, pinned in a catalog of its own; an empty cache; no pulumi on PATH."""
    content = archive_bytes()
    rows = [
        {"platform": release.this_platform(), "sha256": hashlib.sha256(content).hexdigest(), "source": "test"}
    ]
    table = {"version": "9.9.9", "base": "http://127.0.0.1:9/nowhere", "archives": rows}
    (tmp_path / "home" / "catalog").mkdir(parents=True)
    (tmp_path / "home" / "catalog" / "pulumi.yaml").write_text(yaml.safe_dump(table))
    one = Mirror(content)
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RACKWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RACKWRIGHT_PULUMI_URL", one.url)
    monkeypatch.delenv("RACKWRIGHT_PULUMI_ARCHIVE", raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield one
    one.close()


def kept(tmp_path: Path) -> list[str]:
    return sorted(
        str(p.relative_to(tmp_path / "cache")) for p in (tmp_path / "cache").rglob("*") if p.is_file()
    )


def test_downloads_once_with_progress_and_then_uses_the_cache(mirror: Mirror, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    choice = find.choose(None, lambda have, total: seen.append((have, total)))
    assert choice.engine == "pulumi"
    assert choice.pulumi is not None
    assert (choice.pulumi.version, choice.pulumi.source) == ("9.9.9", "download")
    assert seen[-1] == (len(mirror.content), len(mirror.content))
    again = find.choose(None)
    assert again.pulumi is not None
    assert again.pulumi.source == "cache"
    assert len(mirror.requests) == 1
    assert mirror.requests[0].startswith(f"/{release.pinned().archive}@0")


def test_a_wrong_digest_is_fatal_and_leaves_no_file(mirror: Mirror, tmp_path: Path) -> None:
    mirror.content = archive_bytes("6.6.6")
    with pytest.raises(WrongDigest, match=r"sha256 is .*, expected .*; removed"):
        find.choose(None)
    assert kept(tmp_path) == []


def test_a_broken_transfer_is_continued(mirror: Mirror, tmp_path: Path) -> None:
    mirror.cut = 200
    choice = find.choose(None)
    assert choice.engine == "in-process"
    assert "broke off after 200" in choice.why
    mirror.cut = 0
    assert find.choose(None).engine == "pulumi"
    assert [request.rsplit("@")[-1] for request in mirror.requests] == ["0", "200"]


def test_a_broken_transfer_of_something_else_is_noticed(mirror: Mirror, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "pulumi"
    folder.mkdir(parents=True)
    (folder / f"{release.pinned().archive}.part").write_bytes(b"x" * 100)
    with pytest.raises(WrongDigest):
        find.choose(None)
    assert kept(tmp_path) == []


@pytest.mark.parametrize("asked", [None, "pulumi"])
def test_no_network(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, asked: str | None) -> None:
    monkeypatch.delenv("RACKWRIGHT_PULUMI_URL")  # the catalog's address, where nobody listens
    began = time.monotonic()
    if asked:
        with pytest.raises(UsageError, match=r"cannot be had.*RACKWRIGHT_PULUMI_ARCHIVE"):
            find.choose(asked)
    else:
        choice = find.choose(None)
        assert choice.engine == "in-process"
        assert "127.0.0.1: Connection refused" in choice.why
        assert "the in-process engine does the same" in choice.why
    assert time.monotonic() - began < 2


def test_a_network_that_swallows_everything_costs_the_connect_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.create_connection", lambda *args: time.sleep(30) or socket.socket())
    began = time.monotonic()
    with pytest.raises(Unreachable, match="no answer within"):
        fetch("http://192.0.2.1/x", "0" * 64, tmp_path / "x", lambda have, total: None, connect_seconds=0.3)
    assert time.monotonic() - began < 2


def test_http_errors_are_told(mirror: Mirror) -> None:
    mirror.status = 404
    assert "404" in find.choose(None).why


def test_a_named_archive_needs_no_network(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "carried.tar.gz"
    archive.write_bytes(mirror.content)
    monkeypatch.setenv("RACKWRIGHT_PULUMI_ARCHIVE", str(archive))
    choice = find.choose(None)
    assert choice.pulumi is not None
    assert choice.pulumi.source == "archive"
    assert mirror.requests == []
    assert archive.exists()


def test_a_named_archive_that_is_wrong_or_missing(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "carried.tar.gz"
    monkeypatch.setenv("RACKWRIGHT_PULUMI_ARCHIVE", str(archive))
    with pytest.raises(UsageError, match="does not exist"):
        find.choose(None)
    archive.write_bytes(mirror.content[:-10])
    with pytest.raises(WrongDigest, match="not used"):
        find.choose(None)
    assert archive.exists()  # it is the user's
    assert kept(tmp_path) == []


def test_path_comes_first(mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (folder / name).write_text("#!/bin/sh\necho v1.2.3\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    found = find.choose(None).pulumi
    assert found is not None
    assert (found.version, found.source) == ("1.2.3", "PATH")
    assert find.choose("in-process").engine == "in-process"
    assert mirror.requests == []


def test_the_shipped_catalog_pins_the_official_release() -> None:
    table = yaml.safe_load((Path(__file__).parents[3] / "catalog" / "pulumi.yaml").read_text())
    platforms = [row["platform"] for row in table["archives"]]
    assert platforms == ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64"]
    assert all(len(row["sha256"]) == 64 and row["source"].startswith("https://") for row in table["archives"])
