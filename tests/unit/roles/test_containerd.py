"""containerd's configuration: each release's tables, drop-ins that it would ignore, and the merge for 1.7.

What a release does with an import was read from ``containerd config dump`` of 1.7.24 and 2.1.9; the dumps
here are cut down to the tables in question.
"""

from __future__ import annotations

import tomllib

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import containerd
from ansible_collections.rackwright.node.plugins.modules.containerd_state import same

ASKED = {
    "cdi": True,
    "cdi_dirs": ["/etc/cdi", "/var/run/cdi"],
    "cni_bin_dirs": ["/opt/cni/bin"],
    "nri": True,
    "registry_dir": "/etc/containerd/certs.d",
    "sandbox_image": "registry.k8s.io/pause:3.10.2",
    "snapshotter": "overlayfs",
    "systemd_cgroup": True,
    "runtimes": {"nvidia": {"binary": "/usr/bin/nvidia-container-runtime"}},
}
CRI = ("plugins", "io.containerd.grpc.v1.cri")
RUNTIME = ("plugins", "io.containerd.cri.v1.runtime")
IMAGES = ("plugins", "io.containerd.cri.v1.images")
NVIDIA = ("containerd", "runtimes", "nvidia", "options", "BinaryName")


@pytest.mark.parametrize(
    ("release", "version", "values"),
    [
        (
            "1.7.24",
            2,
            {
                (*CRI, "enable_cdi"): True,
                (*CRI, "cdi_spec_dirs"): ["/etc/cdi", "/var/run/cdi"],
                (*CRI, "sandbox_image"): "registry.k8s.io/pause:3.10.2",
                (*CRI, "containerd", "snapshotter"): "overlayfs",
                (*CRI, "registry", "config_path"): "/etc/containerd/certs.d",
                (*CRI, "containerd", "runtimes", "runc", "options", "SystemdCgroup"): True,
                (*CRI, "cni", "bin_dir"): "/opt/cni/bin",
                (*CRI, *NVIDIA): "/usr/bin/nvidia-container-runtime",
                ("plugins", "io.containerd.nri.v1.nri", "disable"): False,
            },
        ),
        (
            "2.0.5",
            3,
            {(*RUNTIME, "cni", "bin_dir"): "/opt/cni/bin", (*RUNTIME, "cni", "bin_dirs"): None},
        ),
        (
            "2.2.6",
            3,
            {
                (*RUNTIME, "enable_cdi"): True,
                (*IMAGES, "pinned_images", "sandbox"): "registry.k8s.io/pause:3.10.2",
                (*IMAGES, "snapshotter"): "overlayfs",
                (*IMAGES, "registry", "config_path"): "/etc/containerd/certs.d",
                (*RUNTIME, "containerd", "runtimes", "runc", "options", "SystemdCgroup"): True,
                (*RUNTIME, "cni", "bin_dirs"): ["/opt/cni/bin"],
                (*RUNTIME, *NVIDIA): "/usr/bin/nvidia-container-runtime",
                CRI: None,
            },
        ),
    ],
)
def test_settings_stand_in_the_tables_of_the_release(release: str, version: int, values: dict) -> None:
    tables = containerd.tables(release, ASKED)
    assert tables["version"] == version
    assert {path: containerd.at(tables, path) for path in values} == values
    assert tomllib.loads(containerd.toml(tables)) == tables


def test_what_is_not_asked_is_left_to_containerd() -> None:
    assert containerd.tables("1.7.24", {}) == {"version": 2}


def test_further_tables_win_over_ours() -> None:
    own = {"plugins": {CRI[1]: {"enable_cdi": False, "max_container_log_line_size": 1}}}
    tables = containerd.tables("1.7.24", {"cdi": True, "tables": own})
    assert tables["plugins"][CRI[1]] == {"enable_cdi": False, "max_container_log_line_size": 1}


PLUGINS_2 = {CRI[1], "io.containerd.nri.v1.nri"}
PLUGINS_3 = {CRI[1], RUNTIME[1], IMAGES[1]}


@pytest.mark.parametrize(
    ("release", "text", "reason"),
    [
        ("1.7.24", 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nenable_cdi = true', None),
        ("2.1.9", 'version = 3\n[plugins."io.containerd.cri.v1.runtime"]\nenable_cdi = true', None),
        ("2.1.9", 'version = 3\n[plugins."io.containerd.grpc.v1.cri"]\nstream_server_port = "0"', None),
        ("2.1.9", "version = 2", "a.toml: version: found 2, expected 3"),
        ("2.1.9", "[debug]\nlevel = 'info'", "a.toml: version: found none, expected 3"),
        ("1.7.24", "version = 3", "a.toml: version: found 3, expected 2"),
        (
            "2.1.9",
            'version = 3\n[plugins."io.containerd.grpc.v1.cri".containerd]\ndefault_runtime_name = "x"',
            'a.toml: table plugins."io.containerd.grpc.v1.cri": containerd: of containerd 1.7',
        ),
        (
            "1.7.24",
            'version = 2\n[plugins."io.containerd.cri.v1.runtime"]\nenable_cdi = true',
            'a.toml: table plugins."io.containerd.cri.v1.runtime": of containerd 2, expected',
        ),
        (
            "2.1.9",
            'version = 3\n[plugins."io.x.v1.y"]\na = 1',
            'a.toml: table plugins."io.x.v1.y": containerd 2.1.9 has no',
        ),
        ("2.1.9", 'version = 3\nimports = ["/x"]', "a.toml: imports: found in a drop-in"),
    ],
)
def test_a_drop_in_that_would_be_ignored_is_named_with_its_table(
    release: str, text: str, reason: str | None
) -> None:
    plugins = PLUGINS_3 if release.startswith("2") else PLUGINS_2
    found = containerd.judge("a.toml", tomllib.loads(text), release, plugins)
    assert (found == []) if reason is None else any(line.startswith(reason) for line in found), found


DROPINS = {
    "/etc/containerd/conf.d/00-rackwright.toml": containerd.tables(
        "1.7.24", {"cdi": True, "sandbox_image": "p"}
    ),
    "/etc/containerd/conf.d/50-nvidia.toml": containerd.tables(
        "1.7.24", {"runtimes": {"nvidia": {"binary": "/n"}}}
    ),
}


def test_1_7_gets_the_drop_ins_merged_as_an_import_would_take_the_whole_table_away() -> None:
    whole = tomllib.loads(containerd.assembled("1.7.24", DROPINS))
    assert "imports" not in whole
    assert whole["plugins"][CRI[1]]["enable_cdi"] is True
    assert containerd.at(whole, (*CRI, *NVIDIA)) == "/n"
    assert containerd.differences(DROPINS, whole) == []


def test_2_imports_them() -> None:
    assert tomllib.loads(containerd.assembled("2.1.9", {})) == {
        "version": 3,
        "imports": ["/etc/containerd/conf.d/*.toml"],
    }


def test_a_value_that_the_dump_does_not_have_is_named_with_its_file() -> None:
    # What 1.7.24 makes of a config.toml that imports 50-nvidia.toml: the table of the import alone.
    replaced = {
        "version": 2,
        "plugins": {CRI[1]: {**DROPINS["/etc/containerd/conf.d/50-nvidia.toml"]["plugins"][CRI[1]]}},
    }
    replaced["plugins"][CRI[1]] |= {"enable_cdi": False}
    assert containerd.differences(DROPINS, replaced) == [
        '/etc/containerd/conf.d/00-rackwright.toml: plugins."io.containerd.grpc.v1.cri".enable_cdi: '
        "found False, expected True",
        '/etc/containerd/conf.d/00-rackwright.toml: plugins."io.containerd.grpc.v1.cri".sandbox_image: '
        "found None, expected 'p'",
    ]


def test_the_last_drop_in_counts() -> None:
    two = {"a": containerd.tables("2.1.9", {"cdi": True}), "b": containerd.tables("2.1.9", {"cdi": False})}
    assert containerd.differences(two, {"plugins": {RUNTIME[1]: {"enable_cdi": False}}}) == []


@pytest.mark.parametrize(
    ("found", "expected", "is_same"),
    [
        ("1.7.24~ds1", "1.7.24", True),
        ("2.1.9+unknown", "2.1.9", True),
        ("1.7.240", "1.7.24", False),
        (None, "1", False),
    ],
)
def test_versions_may_carry_marks_of_who_built_them(found: str | None, expected: str, is_same: bool) -> None:
    assert same(found, expected) is is_same
