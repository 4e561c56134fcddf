"""Files: byte for byte as rendered; on a switch what runs equals the file; NCCL names compute devices
only."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator

from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.model import Layer, Outcome, Verdict

FRR = "/etc/frr/frr.conf"
NCCL = "/etc/nccl.conf"


def _layer(want: Expected) -> Layer:
    return "switch" if want.kind == "switch" else "node"


def _marked(want: Expected, elements: tuple[str, ...]) -> tuple[str, ...]:
    """With the device's configuration as a whole: all its files that differ are one finding."""
    return (*elements, f"{want.device}#configuration")


def first_difference(found: str, expected: str) -> tuple[str, str]:
    """The first lines that differ, as (found, expected)."""
    changes = difflib.ndiff(expected.splitlines(), found.splitlines())
    lines = [line for line in changes if line[:2] in ("- ", "+ ")]
    extra = [line[2:].strip() for line in lines if line[0] == "+"][:3]
    missing = [line[2:].strip() for line in lines if line[0] == "-"][:3]
    return "; ".join(extra) or "(nothing)", "; ".join(missing) or "(nothing)"


def files(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """One verdict for each rendered file."""
    for path, text in want.files.items():
        source = f"cat {path}"
        try:
            answer = facts.answer(f"file:{path}")
        except NotMeasured as reason:
            yield Verdict(
                f"file {path}",
                "configuration",
                want.device,
                None,
                "not measured",
                str(reason),
                "as rendered",
                source,
            )
            continue
        outcome: Outcome = "pass"
        found, expected = "as rendered", "as rendered"
        if answer.rc != 0:
            outcome, found = "fail", "no such file"
        elif answer.out != text:
            outcome = "fail"
            found, expected = first_difference(answer.out, text)
        yield Verdict(
            f"file {path}",
            "configuration",
            want.device,
            None,
            outcome,
            found,
            expected,
            source,
            blames=_suspects(want, path, f"{found} {expected}", found),
        )


def _suspects(want: Expected, path: str, difference: str, found: str = "") -> tuple[str, ...]:
    """A difference that names ports only is blamed for these ports; any other for the device (or its
    software)."""
    if path == NCCL:
        return (f"{want.device}#nccl",)
    if found == "no such file" and path == FRR:
        return _marked(want, (want.device,))
    named = [name for name in want.ports if re.search(rf"\b{re.escape(name)}\b", f"{difference} {path}")]
    return _marked(want, tuple(f"{want.device}:{name}" for name in named) or (want.device,))


def running(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """What FRR runs equals its file: frr-reload.py finds nothing to change."""
    if want.asn is None:
        return
    delta = parse_reload(facts.text("frr_drift"))
    yield Verdict(
        "running configuration",
        "configuration",
        want.device,
        None,
        "fail" if delta else "pass",
        "; ".join(delta) or "equals the file",
        "equals the file",
        "frr-reload.py --test",
        blames=_suspects(want, FRR, " ".join(delta)),
    )


KERNEL_STATE = frozenset({"ip forwarding", "ipv6 forwarding"})
"""Lines that FRR shows because the kernel forwards; they are set by sysctl, which is checked by itself."""


def parse_reload(text: str) -> list[str]:
    """Lines that frr-reload.py would delete (found) and add (missing)."""
    delta: list[str] = []
    word = ""
    for line in text.splitlines():
        if line.startswith("Lines To Delete"):
            word = "extra"
        elif line.startswith("Lines To Add"):
            word = "missing"
        elif line.strip() in KERNEL_STATE:
            continue
        elif word and line.strip() and not line.startswith("===") and not line.strip().startswith("exit"):
            delta.append(f"{word}: {line.strip()}")
    return delta


def nccl_devices(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """``NCCL_IB_HCA`` lists the compute plane's devices, no others: a storage NIC in it would carry
    gradients."""
    if NCCL not in want.files or not want.rdma:
        return
    text = facts.text(f"file:{NCCL}")
    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    named = [name.split(":")[0] for name in lines.get("NCCL_IB_HCA", "").lstrip("=").split(",") if name]
    yield Verdict(
        "NCCL_IB_HCA",
        "node",
        want.device,
        None,
        "pass" if sorted(named) == sorted(want.rdma) else "fail",
        ", ".join(named) or "not set",
        ", ".join(want.rdma),
        f"cat {NCCL}",
        needs=(f"{want.device}#nccl",),
        blames=(f"{want.device}#nccl",),
    )


def sysctls(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """Kernel settings in force equal the rendered sysctl files."""
    wanted: dict[str, str] = {}
    for path, text in sorted(want.files.items()):
        if path.startswith("/etc/sysctl.d/"):
            for line in text.splitlines():
                if "=" in line and line.strip()[0] not in "#;":
                    key, value = line.strip().lstrip("-").split("=", 1)
                    wanted[key.strip()] = " ".join(value.split())
    if not wanted:
        return
    out = facts.answer("sysctl").out
    found = {
        k.strip(): " ".join(v.split()) for k, v in (x.split("=", 1) for x in out.splitlines() if "=" in x)
    }
    for port, keys in _by_port(want, wanted).items():
        wrong = {key: found.get(key, "unknown") for key in keys if found.get(key) != wanted[key]}
        yield Verdict(
            "sysctl",
            _layer(want),
            want.device,
            port or None,
            "fail" if wrong else "pass",
            ", ".join(f"{k}={v}" for k, v in wrong.items()) or f"{len(keys)} as rendered",
            ", ".join(f"{k}={wanted[k]}" for k in wrong) or "as rendered",
            "sysctl",
            needs=(f"{want.device}#configuration",),
            blames=(f"{want.device}#sysctl", *([f"{want.device}:{port}"] if port else [])),
        )


def _by_port(want: Expected, keys: Iterable[str]) -> dict[str, list[str]]:
    """Settings by the port they belong to; those of the whole machine under an empty name."""
    found: dict[str, list[str]] = {}
    for key in keys:
        port = next((name for name in want.ports if f".{name}." in key), "")
        found.setdefault(port, []).append(key)
    return found
