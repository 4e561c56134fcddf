"""Packages come from the depot alone, limits hold for services and logins, time is kept."""

from __future__ import annotations

from testinfra.host import Host


def test_packages_come_from_the_signed_depot_alone(host: Host) -> None:
    sources = host.check_output("apt-get indextargets --format '$(SITE) $(SIGNED_BY)'").splitlines()
    assert sources
    assert all(len(line.split()) == 2 for line in sources), "each source names the key that signs it"
    assert len({line.split()[0] for line in sources}) == 1


def test_memory_may_be_locked(host: Host) -> None:
    assert host.check_output("systemctl show -P DefaultLimitMEMLOCK") == "infinity"


def test_ssh_takes_no_passwords(host: Host) -> None:
    assert "passwordauthentication no" in host.check_output("sshd -T").splitlines()
    assert host.service("chrony").is_enabled
