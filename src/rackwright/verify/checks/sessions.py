"""BGP sessions: every designed one is up, none besides."""

from __future__ import annotations

from collections.abc import Iterator

from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts
from rackwright.verify.model import Outcome, Verdict

SOURCE = "vtysh: show bgp summary"


def sessions(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """One verdict for each designed session, and one for sessions that nobody designed."""
    if want.asn is None:
        return
    summary = facts.json("bgp")
    found: dict[str, str] = {}
    for family in summary.values():
        for peer, data in (family.get("peers", {}) if isinstance(family, dict) else {}).items():
            found.setdefault(peer, str(data.get("state", "unknown")))
    for session in want.sessions:
        state = found.get(session.peer, "no such session")
        port = want.ports.get(session.port)
        far = port.neighbour if port else None
        yield Verdict(
            "bgp",
            "session",
            want.device,
            session.port,
            "pass" if state == "Established" else "fail",
            state,
            f"Established with {session.device}",
            SOURCE,
            needs=(session.device, f"{session.device}:{far.port}") if far else (session.device,),
        )
    extra = sorted(set(found) - {session.peer for session in want.sessions})
    outcome: Outcome = "fail" if extra else "pass"
    yield Verdict(
        "extra bgp", "session", want.device, None, outcome, ", ".join(extra) or "none", "none", SOURCE
    )
