"""containerd's configuration: settings in the tables of a release, drop-ins judged and merged. Pure.

How releases treat what config.toml imports was found with ``containerd config dump`` of 1.7.24 and 2.1.9:

* 1.7 replaces: a drop-in that has a plugin's table takes the place of the whole table of config.toml, so
  that one line about a runtime switches CDI off again. Drop-ins are therefore merged into config.toml, and
  nothing is imported.
* 2.x merges key by key. A drop-in of version 2 beside a config.toml of version 3 is left out without a word;
  one without a version is taken for version 3, and a table of version 2 in it is ignored (the log warns).
"""

from __future__ import annotations

import json
import re
from typing import Any

FOLDER = "/etc/containerd/conf.d"
MAIN = "/etc/containerd/config.toml"
CRI_2 = "io.containerd.grpc.v1.cri"
IMAGES_3 = "io.containerd.cri.v1.images"
RUNTIME_3 = "io.containerd.cri.v1.runtime"
NRI = "io.containerd.nri.v1.nri"
RUNC = "io.containerd.runc.v2"
MARK = "# Ansible managed: rackwright.node.containerd_config\n"
BARE = re.compile(r"[A-Za-z0-9_-]+")


def numbers(release: str) -> tuple[int, ...]:
    """Leading numbers of a version, to compare.

    >>> numbers("2.1.9+unknown"), numbers("1.7.24~ds1")
    ((2, 1, 9), (1, 7, 24))
    """
    found = re.match(r"[0-9.]*", release)
    return tuple(int(part) for part in found[0].split(".") if part) if found else ()


def config_version(release: str) -> int:
    """Version of the configuration that a release writes itself.

    >>> config_version("1.7.24"), config_version("2.2.6")
    (2, 3)
    """
    return 3 if numbers(release) >= (2,) else 2


def merged(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Two nested tables, key by key; the second's values win.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    result = dict(first)
    for key, value in second.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def leaves(table: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every value of nested tables, with the path of its keys."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += leaves(value, (*above, key))
        else:
            found.append(((*above, key), value))
    return found


def at(table: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever the file holds
    """The value at a path; None where there is none."""
    value: Any = table
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def dotted(path: tuple[str, ...]) -> str:
    """A path as TOML writes it.

    >>> dotted(("plugins", "io.containerd.nri.v1.nri", "disable"))
    'plugins."io.containerd.nri.v1.nri".disable'
    """
    return ".".join(key if BARE.fullmatch(key) else json.dumps(key) for key in path)


def toml(table: dict[str, Any], above: tuple[str, ...] = ()) -> str:
    """Nested tables as TOML, values before tables.

    >>> print(toml({"version": 3, "plugins": {"a.b": {"on": True, "dirs": ["/x"]}}}), end="")
    version = 3
    <BLANKLINE>
    [plugins."a.b"]
    on = true
    dirs = ["/x"]
    """
    # JSON's strings, numbers, booleans and lists of them are TOML's too.
    values = [
        f"{dotted((key,))} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in table.items()
        if not isinstance(value, dict)
    ]
    head = f"\n[{dotted(above)}]\n" if above and (values or not table) else ""
    below = [toml(value, (*above, key)) for key, value in table.items() if isinstance(value, dict)]
    return head + "".join(values) + "".join(below)


def tables(release: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Settings in the tables of a release; what is None is left to containerd.

    >>> dotted(leaves(tables("1.7.24", {"cdi": True}))[1][0])
    'plugins."io.containerd.grpc.v1.cri".enable_cdi'
    >>> dotted(leaves(tables("2.1.9", {"cdi": True}))[1][0])
    'plugins."io.containerd.cri.v1.runtime".enable_cdi'
    """
    new = config_version(release) == 3
    runtime, images = (RUNTIME_3, IMAGES_3) if new else (CRI_2, CRI_2)
    sandbox = ("pinned_images", "sandbox") if new else ("sandbox_image",)
    snapshotter = ("snapshotter",) if new else ("containerd", "snapshotter")
    many = numbers(release) >= (2, 1)
    folders = asked.get("cni_bin_dirs")
    binaries = folders if many or not folders else folders[0]
    nri = asked.get("nri")
    runc = (runtime, "containerd", "runtimes", "runc")
    places = [
        ((runtime, "enable_cdi"), asked.get("cdi")),
        ((runtime, "cdi_spec_dirs"), asked.get("cdi_dirs")),
        ((runtime, "restrict_oom_score_adj"), asked.get("restrict_oom_score_adj")),
        ((runtime, "cni", "bin_dirs" if many else "bin_dir"), binaries),
        ((runtime, "cni", "conf_dir"), asked.get("cni_conf_dir")),
        ((runtime, "containerd", "default_runtime_name"), asked.get("default_runtime")),
        ((*runc, "runtime_type"), None if asked.get("systemd_cgroup") is None else RUNC),
        ((*runc, "options", "SystemdCgroup"), asked.get("systemd_cgroup")),
        ((images, *sandbox), asked.get("sandbox_image")),
        ((images, *snapshotter), asked.get("snapshotter")),
        ((images, "registry", "config_path"), asked.get("registry_dir")),
        ((NRI, "disable"), None if nri is None else not nri),
    ]
    for name, each in sorted((asked.get("runtimes") or {}).items()):
        place = (runtime, "containerd", "runtimes", name)
        places.append(((*place, "runtime_type"), each.get("type") or RUNC))
        places.append(((*place, "options", "BinaryName"), each.get("binary")))
        places.append(((*place, "options", "SystemdCgroup"), each.get("systemd_cgroup")))
    found: dict[str, Any] = {"version": config_version(release)}
    for path, value in places:
        if value is not None:
            table = found.setdefault("plugins", {})
            for key in path[:-1]:
                table = table.setdefault(key, {})
            table[path[-1]] = value
    return merged(found, asked.get("tables") or {})


def judge(name: str, table: dict[str, Any], release: str, plugins: set[str]) -> list[str]:
    """Why a drop-in does not do what it says, naming file and table.

    :param plugins: those that the installed containerd knows; empty where none is installed yet.
    """
    expected, found = config_version(release), table.get("version")
    reasons = []
    if found != expected:
        reasons.append(
            f"{name}: version: found {found or 'none'}, expected {expected}: "
            f"containerd {release} would not read these tables as they are meant"
        )
    if "imports" in table:
        reasons.append(f"{name}: imports: found in a drop-in, expected in {MAIN} only")
    for plugin, settings in (table.get("plugins") or {}).items():
        where = f"{name}: table {dotted(('plugins', plugin))}"
        moved = sorted(set(settings) - SERVER) if plugin == CRI_2 and expected == 3 else []
        if plugin in (RUNTIME_3, IMAGES_3) and expected == 2:
            reasons.append(f"{where}: of containerd 2, expected {dotted(('plugins', CRI_2))}")
        elif moved:
            reasons.append(
                f"{where}: {', '.join(moved)}: of containerd 1.7, expected in "
                f"{dotted(('plugins', RUNTIME_3))} or {dotted(('plugins', IMAGES_3))}"
            )
        elif plugins and plugin not in plugins:
            reasons.append(f"{where}: containerd {release} has no such plugin and ignores it")
    return reasons


SERVER = {
    "disable_tcp_service", "stream_server_address", "stream_server_port", "stream_idle_timeout",
    "enable_tls_streaming", "x509_key_pair_streaming",
}  # fmt: skip
"""What containerd 2 left in the old CRI table."""


def assembled(release: str, dropins: dict[str, dict[str, Any]]) -> str:
    """Text of config.toml for some drop-ins, by path."""
    if config_version(release) == 3:
        return MARK + toml({"version": 3, "imports": [f"{FOLDER}/*.toml"]})
    whole: dict[str, Any] = {"version": 2}
    for _, table in sorted(dropins.items()):
        whole = merged(whole, table)
    return f"{MARK}# 1.7 replaces tables that it imports: {FOLDER}/*.toml are merged here.\n{toml(whole)}"


def differences(dropins: dict[str, dict[str, Any]], dump: dict[str, Any]) -> list[str]:
    """What of the drop-ins, the last one's word counting, the dump of the whole does not have."""
    last = {
        path: (name, value)
        for name, table in sorted(dropins.items())
        for path, value in leaves(table)
        if path != ("version",)
    }
    return [
        f"{name}: {dotted(path)}: found {at(dump, path)!r}, expected {value!r}"
        for path, (name, value) in last.items()
        if at(dump, path) != value
    ]
