"""What a GPU server booted with: the locked kernel, the catalog's arguments, PCIe ACS off on bare metal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rackwright.inventory.roles.kernel import arguments
from rackwright.locks import LockRow
from rackwright.paths import home
from rackwright.verify.checks.node import on_node
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts
from rackwright.verify.model import Outcome, Verdict


def boot(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """Release, command line, ACS."""
    if not want.gpus:
        return
    said = dict(re.findall(r"^(\w+): (.*)$", facts.text("boot"), re.MULTILINE))
    row = lock.get("kernel")
    if row is not None:
        yield _release(want, row, said.get("release", ""))
    yield from _command_line(want, said)
    yield _acs(want, said)


def _release(want: Expected, row: LockRow, found: str) -> Verdict:
    """The locked release; where the lock installs none, the oldest that will do."""
    expected = row.reports or f"{row.minimum or '0'} or newer"
    right = found == row.reports if row.reports else _numbers(found) >= _numbers(row.minimum or "0")
    outcome: Outcome = "not measured" if not found else "pass" if right else "fail"
    return _verdict(want, "kernel release", outcome, found or "cannot be read", expected, "uname -r")


def _numbers(version: str) -> tuple[int, ...]:
    """
    >>> _numbers("6.12.63+deb13-amd64")
    (6, 12, 63)
    """
    leading = re.match(r"[\d.]*", version)
    return tuple(int(part) for part in (leading[0] if leading else "").split(".") if part)


def _command_line(want: Expected, said: Mapping[str, str]) -> Iterator[Verdict]:
    """Every argument of the catalog for these GPUs and this CPU; of one name the last one is in effect."""
    maker = "amd" if "AMD" in (want.gpu_product or "") else "nvidia"
    rows = arguments(home() / "catalog" / "kernel.yaml").values()
    wanted = [row.argument for row in rows if maker in row.gpus and row.cpu in (None, said.get("cpu"))]
    found = said.get("cmdline")
    if found is None:
        why = "cannot be read"
        yield _verdict(want, "command line", "not measured", why, " ".join(wanted), "/proc/cmdline")
        return
    have = {_name(word): word for word in found.split()}
    wrong = [have.get(_name(word), f"no {_name(word)}") for word in wanted if have.get(_name(word)) != word]
    result: Outcome = "fail" if wrong else "pass"
    text = ", ".join(wrong) or " ".join(wanted)
    yield _verdict(want, "command line", result, text, " ".join(wanted), "/proc/cmdline")


def _name(word: str) -> str:
    """Several settings stand under ``pci``, each with a name of its own.

    >>> _name("pci=realloc=off"), _name("iommu=pt")
    ('pci=realloc', 'iommu')
    """
    return word.rpartition("=")[0] or word


def _acs(want: Expected, said: Mapping[str, str]) -> Verdict:
    """Off on every bridge of bare metal; a virtual machine's bridges are its host's."""
    expected, source = "off on every bridge", "/etc/rackwright/acs-off check"
    if said.get("virtualization", "none") != "none":
        why = f"the bridges of a machine in {said['virtualization']} are its host's"
        return _verdict(want, "PCIe ACS", "not measured", why, expected, source, due=False)
    found = said.get("acs", "")
    if not found or "cannot" in found:
        return _verdict(want, "PCIe ACS", "not measured", found or "no answer", expected, source)
    outcome: Outcome = "pass" if found == "off" else "fail"
    return _verdict(want, "PCIe ACS", outcome, expected if found == "off" else found, expected, source)


def _verdict(
    want: Expected, check: str, outcome: Outcome, found: str, expected: str, source: str, due: bool = True
) -> Verdict:
    return on_node(check, want, outcome, found, expected, source, "boot", due)
