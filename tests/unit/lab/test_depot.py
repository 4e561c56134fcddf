"""The depot gives out its files and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from rackwright.lab.depot.__main__ import application
from rackwright.lab.depot.where import current, serve
from rackwright.lab.place import Place


@pytest.fixture
def client(tmp_path: Path) -> Client:
    root = tmp_path / "depot"
    (root / "apt/pool").mkdir(parents=True)
    (root / "apt/pool/a+b_1%3a2.deb").write_bytes(b"0123456789")
    (root / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text("secret")
    return Client(application(lambda: root))


def test_files_whole_and_in_part(client: Client) -> None:
    name = "/apt/pool/a%2bb_1%253a2.deb"
    assert client.get(name).data == b"0123456789"
    part = client.get(name, headers={"Range": "bytes=4-"})
    assert (part.status_code, part.data) == (206, b"456789")
    assert client.head(name).headers["Content-Length"] == "10"
    unchanged = client.get(name, headers={"If-None-Match": client.get(name).headers["ETag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    "path", ["/", "/apt", "/apt/", "/nothing", "/../secret", "/apt/../../secret", "/out", "//etc/passwd"]
)
def test_nothing_else(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_read_only(client: Client) -> None:
    assert client.put("/apt/pool/x", data=b"x").status_code == 405


def test_a_new_filling_is_served_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RACKWRIGHT_LABS", str(tmp_path / "labs"))
    place = Place("unit")
    place.dir.mkdir(parents=True)
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "name").write_text(name)
        serve(place, folder)
        assert Client(application(lambda: current(place))).get("/name").text == name
