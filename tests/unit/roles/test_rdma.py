"""Role rdma: which stack a machine has, and why two do not go together."""

from __future__ import annotations

import doctest

import pytest
from ansible_collections.rackwright.node.plugins.module_utils import dnf, ofed
from ansible_collections.rackwright.node.plugins.modules import rdma_netns

from rackwright.locks import load_lock

DOCA, INBOX = "OFED-internal-25.07-0.9.7:\n", ""
OLD = "MLNX_OFED_LINUX-24.10-1.1.4.0:\n"
DOCA_PACKAGES = {"mlnx-tools": "25.07-0.2507097", "ofed-scripts": "25.07-OFED.25.07.0.9.7"}
DISTRIBUTION = {"rdma-core": "56.1-1", "ibverbs-utils": "56.1-1"}


@pytest.mark.parametrize("module", [ofed, rdma_netns])
def test_doctests(module) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("flavour", "answer", "installed", "words"),
    [
        ("inbox", INBOX, {}, []),
        ("inbox", INBOX, DISTRIBUTION, []),
        ("doca-ofed", INBOX, {}, []),
        ("doca-ofed", INBOX, DISTRIBUTION, []),
        ("doca-ofed", DOCA, DOCA_PACKAGES, []),
        ("doca-ofed", "OFED-internal-25.04-0.6.1:", DOCA_PACKAGES, []),
        ("doca-ofed", OLD, DOCA_PACKAGES, ["MLNX_OFED: found 24.10-1.1.4.0", "ofed_uninstall.sh"]),
        ("doca-ofed", DOCA, DISTRIBUTION, ["DOCA-OFED: found 25.07-0.9.7, which no package of ours brought"]),
        ("inbox", OLD, {}, ["MLNX_OFED: found 24.10-1.1.4.0"]),
        ("inbox", DOCA, {}, ["DOCA-OFED: found 25.07-0.9.7, expected none"]),
        (
            "inbox",
            INBOX,
            {"rdma-core": "2507mlnx58-1.2507097"},
            ["package rdma-core: found 2507mlnx58-1.2507097"],
        ),
        ("doca-ofed", "custom build", {}, ["OFED: found custom build"]),
    ],
)
def test_stacks_are_not_mixed(flavour, answer, installed, words) -> None:
    found = ofed.reasons(flavour, answer, installed, {"ibverbs-utils": "56.1-1"})
    assert bool(found) is bool(words)
    assert all(word in "\n".join(found) for word in words)


def test_every_reason_comes_at_once() -> None:
    installed = {"rdma-core": "2507mlnx58-1.2507097", "mlnx-tools": "25.07-0.2507097", "x": "25.07-OFED.1"}
    assert len(ofed.reasons("inbox", OLD, installed, {})) == 3


@pytest.mark.parametrize(
    ("lock", "flavour", "names"),
    [
        ("h100-debian13", "doca-ofed", {"ibverbs-utils", "infiniband-diags", "mlnx-tools"}),
        ("h100-ubuntu2404", "inbox", {"ibverbs-utils", "infiniband-diags"}),
        ("mi300x-ubuntu2404", "inbox", {"ibverbs-utils", "infiniband-diags"}),
        (
            "h100-rhel9",
            "doca-ofed",
            {
                "infiniband-diags",
                "kmod-mlnx-ofa_kernel",
                "mlnx-ofa_kernel",
                "mlnx-tools",
                "ofed-scripts",
                "rdma-core",
            },
        ),
        ("h100-rocky9", "inbox", {"infiniband-diags", "libibverbs-utils", "rdma-core"}),
    ],
)
def test_what_each_distribution_is_asked_for(lock, flavour, names) -> None:
    row = load_lock(lock).row("rdma")
    assert (row.flavour, set(row.packages)) == (flavour, names)
    assert all(bool(ofed.OF_NVIDIA.search(f"{n} {v}")) or flavour == "inbox" or "-0.2507" in v
               for n, v in row.packages.items())  # fmt: skip
    if lock.startswith(("h100-r",)):
        command = dnf.install_command(dict(row.packages), [])
        assert command[-len(names) :] == [
            f"{name}-{version}" for name, version in sorted(row.packages.items())
        ]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ('[{"netns":"shared","copy-on-fork":"on"}]', "shared"),
        ('[{"netns":"exclusive"}]', "exclusive"),
        ('{"netns":"shared"}', "shared"),
        ("[]", ""),
        ("", ""),
        ("RDMA netlink is not there", ""),
    ],
)
def test_namespaces(text, mode) -> None:
    assert rdma_netns.mode(text) == mode
