"""Fetch a pinned archive: with progress, resumed where it broke off, checked before anybody sees it."""

from __future__ import annotations

import hashlib
import http.client
import socket
import tarfile
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from rackwright.errors import RackwrightError

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
CHUNK = 1 << 20
OnBytes = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be (0: the server does not say)."""


class WrongDigest(RackwrightError):
    """The bytes are not those that were pinned; the file has been removed."""

    exit_code = 3


class Unreachable(RackwrightError):
    """The archive cannot be had now; what has arrived is kept and continued next time."""

    exit_code = 3


def digest(path: Path) -> str:
    """sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, sha256: str, *, remove: bool) -> None:
    """:raises WrongDigest: the file is not what was pinned."""
    found = digest(path)
    if found != sha256:
        if remove:
            path.unlink()
        kept = "removed" if remove else "not used"
        raise WrongDigest(f"{path.name}: sha256 is {found}, expected {sha256}; {kept}")


def reachable(url: str, seconds: float) -> None:
    """Find out within ``seconds`` whether anybody listens; a resolver without a network may take a minute.

    :raises Unreachable: nobody does.
    """
    proxy = urllib.request.getproxies().get(urlsplit(url).scheme, "")
    parts = urlsplit(proxy or url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    answer: list[OSError | None] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), seconds).close()
            answer.append(None)
        except OSError as error:
            answer.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        raise Unreachable(f"{host}: no answer within {seconds:.0f} s")
    if answer[0] is not None:
        raise Unreachable(f"{host}: {answer[0].strerror or answer[0]}")


def fetch(
    url: str,
    sha256: str,
    target: Path,
    on_bytes: OnBytes,
    connect_seconds: float = CONNECT_SECONDS,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Put the file at ``url`` to ``target``, whole and checked, or not at all.

    :param headers: for this host only: they do not follow a redirect.
    :raises Unreachable: no network, an HTTP error, or the transfer broke off.
    :raises WrongDigest: the server gave other bytes; nothing is left.
    """
    reachable(url, connect_seconds)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    for name, value in (headers or {}).items():
        request.add_unredirected_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=READ_SECONDS) as response:  # noqa: S310 - the digest judges
            if response.status != http.HTTPStatus.PARTIAL_CONTENT:
                have = 0  # the server gives all of it again
            length = int(response.headers.get("Content-Length") or 0)
            total = have + length if length else 0
            with part.open("ab" if have else "wb") as file:
                while chunk := response.read(CHUNK):
                    file.write(chunk)
                    have += len(chunk)
                    on_bytes(have, total)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # longer than the file: not the beginning of this one
        raise Unreachable(f"{url}: {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{url}: broke off after {have} bytes: {error}") from error
    if total and have < total:
        raise Unreachable(f"{url}: broke off after {have} of {total} bytes; the next try continues there")
    check(part, sha256, remove=True)
    part.replace(target)


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def unpack(archive: Path, folder: Path) -> None:
    """Unpack into a new ``folder``, which appears whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as scratch:
        inner = Path(scratch) / "content"
        with tarfile.open(archive) as tar:
            # Python 3.11.2 (Debian 12) has no extraction filters; the digest has vouched for the content.
            strange = [one.name for one in tar if not (one.isfile() or one.isdir()) or not _inside(one.name)]
            if strange:
                raise WrongDigest(f"{archive.name}: not an archive of Pulumi: {strange[0]}")
            tar.extractall(inner)  # noqa: S202 - see above
        try:
            inner.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process was first with the same content
                raise
