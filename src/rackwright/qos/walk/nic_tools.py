"""NIC tools: what each maker's command does to a port, one command at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rackwright.qos.walk.picture import STRICT, Nic, Port, Trust

_SYSFS = re.compile(r"/(?:class/net/[^/]+/ecn/(roce_np|roce_rp)/(?:enable/(\d)|(cnp_dscp|cnp_802p_prio)))$")

_SIDES = ("roce_np", "roce_rp")


@dataclass(slots=True)
class NicText:
    """A port while its commands are read. It begins as the drivers do: PCP trusted, eight DSCPs to a
    priority, no PFC."""

    rdma: str | None
    trust: Trust = "pcp"
    priorities: list[int] = field(default_factory=lambda: [dscp >> 3 for dscp in range(64)])
    classes: list[int] = field(default_factory=lambda: list(range(8)))
    """By priority."""
    pfc: set[int] = field(default_factory=set)
    shares: dict[int, int] = field(default_factory=dict)
    tos: int | None = None
    cm_tos: int | None = None
    cnp_dscp: int | None = None
    cnp_priority: int | None = None
    ecn: dict[str, set[int]] = field(default_factory=dict)
    pause_off: bool = False
    cable_m: int | None = None
    headroom: int | None = None

    def take(self, words: list[str]) -> None:
        """One command. An option that is not about quality of service is passed over."""
        tool = words[0].rsplit("/", 1)[-1]
        if tool == "mlnx_qos":
            self._mlnx_qos(_options(words))
        elif tool == "dcb":
            self._dcb(words)
        elif tool == "bnxt_setupcc.sh":
            self._bnxt(_options(words))
        elif tool == "nicctl":
            self._nicctl(words, _options(words))
        elif tool == "cma_roce_tos":
            self.cm_tos = int(_options(words).get("-t", "0"))
        elif tool == "ethtool" and "-A" in words:
            self.pause_off = " ".join(words[-4:]) in ("rx off tx off", "tx off rx off")
        elif tool == "write":
            self._write(words[1], words[2])

    def nic(self, mtu: int | None) -> Nic:
        """The picture."""
        pauses = tuple(number if number in self.pfc else None for number in range(8))
        stops = tuple(self.classes[number] if number in self.pfc else None for number in range(8))
        port = Port(
            self.trust,
            tuple(self.priorities),
            tuple(self.classes),
            pauses,
            stops,
            shares=tuple(self.shares.get(number) for number in range(8)),
            mtu=mtu,
            headroom=self.headroom,
            cable_m=self.cable_m,
        )
        both = self.ecn.get("roce_np", set()) & self.ecn.get("roce_rp", set())
        ecn = frozenset(both) if self.ecn else None
        return Nic(port, self.tos, self.cm_tos, self.cnp_dscp, self.cnp_priority, ecn, self.pause_off)

    def _mlnx_qos(self, options: dict[str, str]) -> None:
        if trust := options.get("--trust"):
            self.trust = "dscp" if trust == "dscp" else "pcp"
        if change := options.get("--dscp2prio"):
            verb, dscp, priority = change.split(",")
            self.priorities[int(dscp)] = int(priority) if verb == "set" else int(dscp) >> 3
        if pfc := options.get("--pfc") or options.get("-f"):
            self.pfc = {number for number, on in enumerate(pfc.split(",")) if on == "1"}
        if classes := options.get("--prio_tc") or options.get("-p"):
            self.classes = [int(number) for number in classes.split(",")]
        if shares := options.get("--tcbw") or options.get("-t"):
            self.shares |= {
                number: int(share) for number, share in enumerate(shares.split(",")) if int(share)
            }
        if kinds := options.get("--tsa") or options.get("-s"):
            strict = [number for number, kind in enumerate(kinds.split(",")) if kind == "strict"]
            self.shares |= dict.fromkeys(strict, STRICT)
        if metres := options.get("--cable_len"):
            self.cable_m = int(metres)

    def _dcb(self, words: list[str]) -> None:
        pairs = _pairs(words)
        for priority, state in pairs.get("prio-pfc", ()):
            for number in _all(priority):
                (self.pfc.add if state == "on" else self.pfc.discard)(number)
        for dscp, priority in pairs.get("dscp-prio", ()):
            self.trust = "dscp"
            self.priorities[int(dscp)] = int(priority)
        for priority, to in pairs.get("prio-tc", ()):
            for number in _all(priority):
                self.classes[number] = int(to)
        for to, share in pairs.get("tc-bw", ()):
            if int(share):
                self.shares |= dict.fromkeys(_all(to), int(share))
        for to, kind in pairs.get("tc-tsa", ()):
            if kind == "strict":
                self.shares |= dict.fromkeys(_all(to), STRICT)
        if sizes := [int(size) for buffer, size in pairs.get("buffer-size", ()) if buffer != "0"]:
            self.headroom = max(sizes)

    def _bnxt(self, options: dict[str, str]) -> None:
        """Broadcom's own script has three classes: 0 for the rest, 1 for RoCE, 2 strict for CNPs."""
        roce, cnp = int(options.get("-r", "3")), options.get("-c")
        self.trust = "dscp"
        self.priorities = [0] * 64
        self.classes = [1 if number == roce else 0 for number in range(8)]
        if "-s" in options:
            self.priorities[int(options["-s"], 0)] = roce
        if cnp is not None:
            self.cnp_priority = int(cnp)
            self.classes[int(cnp)] = 1 if int(cnp) == roce else 2
            self.shares[2] = STRICT
            if "-p" in options:
                self.cnp_dscp = int(options["-p"], 0)
                self.priorities[self.cnp_dscp] = int(cnp)
        if options.get("-m", "3") in ("1", "3"):
            self.pfc = {roce}
        self.ecn = {side: {roce} if options.get("-m", "3") in ("2", "3") else set() for side in _SIDES}
        share = int(options.get("-b", "50"))
        self.shares |= {0: 100 - share, 1: share}
        self.pause_off = True

    def _nicctl(self, words: list[str], options: dict[str, str]) -> None:
        if kind := options.get("--classification-type"):
            self.trust = "dscp" if kind == "dscp" else "pcp"
        if "dscp-to-priority" in words:
            for dscp in _numbers(options["--dscp"]):
                self.priorities[dscp] = int(options["--priority"])
        elif "pfc" in words and "--no-drop" in options:
            change = self.pfc.add if options["--no-drop"] == "enable" else self.pfc.discard
            for number in _numbers(options["--priority"]):
                change(number)
        elif "scheduling" in words:
            weights = zip(_numbers(options["--priority"]), options["--dwrr"].split(","), strict=True)
            self.shares |= {number: int(weight) or STRICT for number, weight in weights}
        elif "dcqcn" in words and "--cnp-dscp" in options:
            self.cnp_dscp = int(options["--cnp-dscp"])
        elif "port" in words and options.get("--pause-type") == "pfc":
            self.pause_off = True

    def _write(self, path: str, value: str) -> None:
        if path.endswith("/tc/1/traffic_class"):
            self.tos = int(value)
        elif path.endswith("/default_roce_tos"):
            self.cm_tos = int(value)
        elif path.endswith("/np_cnp_dscp"):
            self.cnp_dscp = int(value)
        elif path.endswith("/np_cnp_prio"):
            self.cnp_priority = int(value)
        elif match := _SYSFS.search(path):
            if match[2]:
                on = self.ecn.setdefault(match[1], set())
                (on.add if value == "1" else on.discard)(int(match[2]))
            elif match[3] == "cnp_dscp":
                self.cnp_dscp = int(value)
            else:
                self.cnp_priority = int(value)


def _options(words: list[str]) -> dict[str, str]:
    """Options with their values; ``--key=value`` and ``--key value`` are one.

    >>> _options(["mlnx_qos", "-i", "eth0", "--pfc=0,1"])
    {'-i': 'eth0', '--pfc': '0,1'}
    """
    found: dict[str, str] = {}
    for at, word in enumerate(words):
        if word.startswith("-"):
            key, equals, value = word.partition("=")
            found[key] = value if equals else (words[at + 1] if at + 1 < len(words) else "")
    return found


def _pairs(words: list[str]) -> dict[str, list[tuple[str, str]]]:
    """dcb's maps by name.

    >>> _pairs("dcb pfc set dev eth0 prio-pfc all:off 3:on".split())["prio-pfc"]
    [('all', 'off'), ('3', 'on')]
    """
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for word in words:
        left, colon, right = word.partition(":")
        if colon and name:
            found.setdefault(name, []).append((left, right))
        else:
            name = word
    return found


def _all(number: str) -> range:
    return range(8) if number == "all" else range(int(number), int(number) + 1)


def _numbers(text: str) -> list[int]:
    """nicctl's lists.

    >>> _numbers("0-2,5")
    [0, 1, 2, 5]
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        found += range(int(first), int(last if dash else first) + 1)
    return found
