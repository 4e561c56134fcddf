"""XIDs: errors that the driver has written in the kernel log since the machine was started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rackwright.locks import LockRow
from rackwright.verify import xids
from rackwright.verify.checks.gpu_health import nvidia
from rackwright.verify.checks.gpus import mark
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts
from rackwright.verify.model import Verdict

SOURCE = "journalctl -b"
EXPECTED = "no XID that asks for more than a program's restart"


def kernel_log(facts: Facts, want: Expected, lock: Mapping[str, LockRow]) -> Iterator[Verdict]:
    """By GPU: the codes that ``catalog/xids.yaml`` does not let pass."""
    if not nvidia(want, lock):
        return
    text = facts.text("kernel_log")
    wrong: dict[str, list[str]] = {}
    for xid in xids.read(text):
        action, judged = xids.verdict_on(xid.code)
        if judged == "fail":
            wrong.setdefault(xid.bus, []).append(f"XID {xid.code} ({action})")
    for bus, said in wrong.items():
        yield _fail(want, "XIDs", f"{bus}: {', '.join(said)}", mark(want, bus))
    switches = xids.read_switches(text)
    if switches:
        said = [f"{xid.bus}: SXID {xid.code}, fatal" for xid in switches]
        yield _fail(want, "XIDs of NVSwitches", "; ".join(said), f"{want.device}#nvswitch")
    if not wrong and not switches:
        yield Verdict(
            "XIDs", "node", want.device, None, "pass", "none", EXPECTED, SOURCE,
            blames=(f"{want.device}#kernel-log",),
        )  # fmt: skip


def _fail(want: Expected, check: str, found: str, element: str) -> Verdict:
    return Verdict(
        check, "node", want.device, None, "fail", found, EXPECTED, SOURCE, needs=(element,), blames=(element,)
    )
