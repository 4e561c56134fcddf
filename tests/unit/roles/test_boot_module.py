"""Module boot: a mark that was cut short counts as none; a job is whoever holds a GPU open."""

from __future__ import annotations

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import driver
from ansible_collections.rackwright.node.plugins.modules import boot


@pytest.mark.parametrize("text", ["", "{", "[]", '{"boot": "a"}', '"x"'])
def test_no_mark(tmp_path, text):
    path = tmp_path / "mark"
    assert boot.marked(str(path)) == {}
    path.write_text(text)
    assert boot.marked(str(path)) == {}


def test_a_mark(tmp_path):
    path = tmp_path / "mark"
    path.write_text('{"boot": "a", "reasons": ["kernel"]}')
    assert boot.marked(str(path)) == {"boot": "a", "reasons": ["kernel"]}


def test_a_job_is_whoever_holds_a_gpu_open(tmp_path, monkeypatch):
    device = tmp_path / "gpu0"
    device.touch()
    monkeypatch.setattr(driver, "GPU", {"amd": str(device)})
    assert driver.jobs("amd") == []
    with device.open():
        [job] = driver.jobs("amd")  # also a process that closes other files meanwhile, as this one does
    assert job.endswith(")")
    assert driver.jobs("amd") == []
