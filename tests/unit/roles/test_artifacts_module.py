"""Programs by digest: whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.rackwright.node.plugins.modules import artifacts


def item(tmp_path: Path, data: bytes = b"program", digest: str = "") -> dict[str, str]:
    source = tmp_path / "source"
    source.write_bytes(data)
    sha256 = digest or hashlib.sha256(data).hexdigest()
    return {"path": str(tmp_path / "bin/x"), "url": source.as_uri(), "sha256": sha256, "mode": "0755"}


def test_a_file_is_fetched_whole(tmp_path: Path) -> None:
    wanted = item(tmp_path)
    artifacts.fetch(wanted, 5)
    assert Path(wanted["path"]).read_bytes() == b"program"
    assert Path(wanted["path"]).stat().st_mode & 0o777 == 0o755
    assert artifacts.sha256_of(wanted["path"]) == wanted["sha256"]


def test_other_bytes_never_take_its_place(tmp_path: Path) -> None:
    wanted = item(tmp_path, digest="0" * 64)
    (tmp_path / "bin").mkdir()
    Path(wanted["path"]).write_bytes(b"before")
    with pytest.raises(ValueError, match=f"expected {'0' * 64}"):
        artifacts.fetch(wanted, 5)
    assert Path(wanted["path"]).read_bytes() == b"before"
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["x"]


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    wanted = {**item(tmp_path), "url": (tmp_path / "none").as_uri()}
    with pytest.raises(ValueError, match="none"):
        artifacts.fetch(wanted, 5)
    assert artifacts.sha256_of(wanted["path"]) is None
