"""Releases by digest against a server that lies, hangs up, crawls or has nothing."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from tests.unit.depot.server import Server

from rackwright.depot.pace import Pace
from rackwright.depot.place import Place
from rackwright.depot.release import Hosts, bring, member
from rackwright.engine.download import Unreachable, WrongDigest

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def quiet(have: int, total: int) -> None:
    pass


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_is_fetched_once(server: Server, place: Place) -> None:
    server.files["/a"] = CONTENT
    for _ in range(2):
        assert bring(place, f"{server.url}/a", SHA256, Hosts(), quiet).read_bytes() == CONTENT
    assert server.requests == ["/a@0"]
    assert not list(place.downloads.iterdir())


def test_another_content_is_refused_and_nothing_is_left(server: Server, place: Place) -> None:
    server.files["/a"] = CONTENT[:-1] + b"!"
    with pytest.raises(WrongDigest, match=f"expected {SHA256}; removed"):
        bring(place, f"{server.url}/a", SHA256, Hosts(), quiet)
    assert not place.file(SHA256).exists()
    assert not list(place.downloads.iterdir())


def test_a_connection_that_is_cut_goes_on_where_it_stopped(server: Server, place: Place) -> None:
    server.files["/a"], server.cut = CONTENT, 400_000
    assert bring(place, f"{server.url}/a", SHA256, Hosts(), quiet).read_bytes() == CONTENT
    assert server.requests == ["/a@0", "/a@400000", "/a@800000"]


def test_after_three_cuts_the_next_run_goes_on(server: Server, place: Place) -> None:
    server.files["/a"], server.cut = CONTENT, 250_000
    with pytest.raises(
        Unreachable, match="broke off after 750000 of 1024000 bytes; the next try continues there"
    ):
        bring(place, f"{server.url}/a", SHA256, Hosts(), quiet)
    server.cut = 0
    bring(place, f"{server.url}/a", SHA256, Hosts(), quiet)
    assert server.requests[-1] == "/a@750000"


def test_a_server_that_crawls_is_left(server: Server, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rackwright.depot.pace.WINDOW_SECONDS", 0.2)
    monkeypatch.setattr("rackwright.depot.release.Pace", lambda url, tell: Pace(url, tell, window=0.2))
    monkeypatch.setattr("rackwright.engine.download.CHUNK", 1)
    server.files["/a"], server.drip = CONTENT, 0.01
    with pytest.raises(
        Unreachable, match=r"KiB/s, expected at least 16; the next try continues after \d+ bytes"
    ):
        bring(place, f"{server.url}/a", SHA256, Hosts(), quiet)


def test_nothing_there(server: Server, place: Place) -> None:
    with pytest.raises(Unreachable, match="/a: 404 Not Found"):
        bring(place, f"{server.url}/a", SHA256, Hosts(), quiet)
    server.files["/b"] = CONTENT
    hosts = Hosts()
    with pytest.raises(Unreachable):
        bring(place, f"{server.url}/a", SHA256, hosts, quiet)
    assert not hosts.silent, "a host that has not this file may have another"


def test_a_silent_host_is_asked_once(server: Server, place: Place) -> None:
    server.close()
    hosts = Hosts()
    for _ in range(2):
        with pytest.raises(Unreachable, match="Connection refused"):
            bring(place, f"{server.url}/a", SHA256, hosts, quiet)
    assert list(hosts.silent) == [server.url.removeprefix("http://")]


def test_a_file_of_the_store_that_has_changed_is_fetched_again(server: Server, place: Place) -> None:
    server.files["/a"] = CONTENT
    bring(place, f"{server.url}/a", SHA256, Hosts(), quiet).write_bytes(b"edited")
    assert bring(place, f"{server.url}/a", SHA256, Hosts(), quiet).read_bytes() == CONTENT


def test_a_member_of_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "a.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        info = tarfile.TarInfo("./bridge")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    member(archive, "bridge", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"abc"
    with pytest.raises(WrongDigest, match="the release has no file host-local; the table names another one"):
        member(archive, "host-local", tmp_path / "out")
