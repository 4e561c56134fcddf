"""RoCE on the host: what each NIC says of itself against the compute plane's contract.

The contract's words for a port are what :mod:`rackwright.qos.walk` reads from the rendered script; the NIC's
are what :mod:`rackwright.qos.walk.nic_read` reads from its tools. Nobody compares two renderings here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from rackwright.qos.walk.host import host
from rackwright.qos.walk.nic_read import Said, read
from rackwright.qos.walk.picture import STRICT, Nic
from rackwright.verify.expected import Expected, Port
from rackwright.verify.facts import Facts
from rackwright.verify.host_questions import READABLE, SCRIPT, calls
from rackwright.verify.model import Outcome, Verdict

DSCPS = range(64)


def roce(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """Every port that the rendered script sets."""
    ports = calls(want.files.get(SCRIPT, ""))
    if not ports:
        return
    text = facts.answer("roce").out if any(tool in READABLE for tool, *_ in ports) else ""
    said = sections(text)
    pictures = host(want.files, {name: device for _, name, device in ports}).nics
    for tool, name, _ in ports:
        port = want.ports[name]
        if tool not in READABLE:
            why = f"no reader for what {tool} sets"
            verdict = _verdict(want, port, "RoCE settings", "not measured", why, "the contract's", tool)
            yield replace(verdict, due=False)  # role roce_host reads what can be read
            continue
        yield from _port(want, port, tool, read(said.get(name, {})), pictures[name])


def sections(text: str) -> dict[str, dict[str, str]]:
    """Answers by port and name, as ``== PORT NAME`` lines part them."""
    found: dict[str, dict[str, str]] = {}
    parts = re.split(r"^== (\S+) (\S+)$\n?", text, flags=re.MULTILINE)
    for name, what, answer in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found.setdefault(name, {})[what] = answer
    return found


def _port(want: Expected, port: Port, tool: str, said: Said, nic: Nic) -> Iterator[Verdict]:
    """One judged fact for each thing that the script sets."""
    wanted = nic.port
    facts: list[tuple[str, str | None, str | None]] = [
        ("RoCE trust", said.trust, wanted.trust),
        ("RoCE DSCP map", *_dscps(said, wanted.classes)),
        ("RoCE PFC", _numbers(said.pfc), wanted.priorities),
        (
            "RoCE classes",
            None if said.classes is None else _words(enumerate(said.classes)),
            _words(enumerate(wanted.queues)),
        ),
        ("RoCE ETS", None if said.shares is None else _shares(said.shares), _shares(_given(wanted.shares))),
        ("RoCE CM mark", _number(said.cm_tos), str(nic.cm_tos)),
        ("RoCE CM version", said.cm_mode, "RoCE v2"),
        ("RoCE CNP mark", _number(said.cnp_dscp), str(nic.cnp_dscp)),
        ("RoCE CNP priority", _number(said.cnp_priority), str(nic.cnp_priority)),
        ("RoCE pause frames", _switch(said.pause), "off"),
    ]
    if tool == "mlnx_qos":
        facts += [
            ("RoCE mark", _number(said.tos), str(nic.tos)),
            ("RoCE ECN", _both(said), "answers marks and obeys CNPs"),
            ("RoCE cable", None if said.cable_m is None else f"{said.cable_m} m", f"{wanted.cable_m} m"),
        ]
    elif wanted.headroom is not None:
        facts.append(("RoCE headroom", _number(said.headroom), str(wanted.headroom)))
    for check, found, expected in facts:
        outcome: Outcome = "not measured" if found is None else "pass" if found == expected else "fail"
        yield _verdict(want, port, check, outcome, found or "cannot be read", expected, tool)


def _mapped(classes: tuple[int, ...] | None) -> str | None:
    """Class by priority."""
    return None if classes is None else _words(enumerate(classes))


def _given(shares: tuple[int | None, ...]) -> dict[int, int]:
    return {number: share for number, share in enumerate(shares) if share is not None}


def _dscps(said: Said, wanted: tuple[int, ...]) -> tuple[str | None, str]:
    """Found and expected priorities of the DSCPs that are off, or of those that no driver begins with; a DSCP
    that the NIC says nothing of has the driver's."""
    own = [dscp for dscp in DSCPS if wanted[dscp] != dscp >> 3]
    found = [said.priorities.get(dscp, dscp >> 3) for dscp in DSCPS]
    wrong = [dscp for dscp in DSCPS if found[dscp] != wanted[dscp]] if said.trust else []
    shown = wrong or own
    expected = _words((dscp, wanted[dscp]) for dscp in shown) or "as the driver begins"
    if said.trust is None:
        return None, expected
    return _words((dscp, found[dscp]) for dscp in shown) or "as the driver begins", expected


def _words(pairs: Iterator[tuple[int, int]] | enumerate[int]) -> str:
    return " ".join(f"{left}:{right}" for left, right in pairs)


def _shares(shares: Mapping[int, int]) -> str:
    words = (f"{n}:{'strict' if share == STRICT else f'{share}%'}" for n, share in sorted(shares.items()))
    return " ".join(words) or "none"


def _numbers(numbers: frozenset[int] | None) -> str | None:
    return None if numbers is None else ", ".join(str(number) for number in sorted(numbers)) or "none"


def _number(number: int | None) -> str | None:
    return None if number is None else str(number)


def _switch(state: bool | None) -> str | None:
    return None if state is None else "on" if state else "off"


def _both(said: Said) -> str | None:
    if said.np is None or said.rp is None:
        return None
    parts = [*(["answers marks"] if said.np else []), *(["obeys CNPs"] if said.rp else [])]
    return " and ".join(parts) or "neither answers marks nor obeys CNPs"


def _verdict(
    want: Expected, port: Port, check: str, outcome: Outcome, found: str, expected: str | None, source: str
) -> Verdict:
    # Ports of a server that are off together were told by one script, or by one hand: one cause.
    mark = f"{want.device}#roce"
    return Verdict(
        check,
        "port",
        want.device,
        port.name,
        outcome,
        found,
        expected or "nothing",
        source,
        needs=(mark,),
        blames=(mark,),
    )
