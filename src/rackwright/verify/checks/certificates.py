"""Certificates of a node: there, valid, and for how long (``catalog/health.yaml``)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath

from cryptography import x509

from rackwright.verify.checks.node import on_node
from rackwright.verify.expected import Expected
from rackwright.verify.facts import Facts, NotMeasured
from rackwright.verify.limits import limit_of
from rackwright.verify.model import Outcome, Verdict
from rackwright.verify.node_questions import certificate_files

PART = "certificates"
EXPIRED = "expired"
DAY = 86_400.0


def certificates(facts: Facts, want: Expected) -> Iterator[Verdict]:
    """One verdict for each file; the first certificate in it is its owner's."""
    if want.node is None:
        return
    now, texts = parse(facts.text("certificates"))
    for path in certificate_files(want.node):
        outcome, found, expected = _judge(texts.get(path), now, path)
        yield on_node(f"certificate {name(path)}", want, outcome, found, expected, path, PART)


def name(path: str) -> str:
    """
    >>> name("/etc/kubernetes/pki/etcd/server.crt"), name("/etc/kubernetes/admin.conf")
    ('etcd/server', 'admin')
    """
    part = PurePosixPath(path)
    return f"etcd/{part.stem}" if part.parent.name == "etcd" else part.stem.removesuffix("-current")


def parse(text: str) -> tuple[datetime, dict[str, str]]:
    """The machine's time, and the text below each ``== file``.

    :raises NotMeasured: there is no time at the top.
    """
    first, _, rest = text.partition("\n")
    if not first.strip().isdigit():
        raise NotMeasured(f"certificates: found {first.strip()[:40]!r} where the time should be")
    texts: dict[str, str] = {}
    for part in f"\n{rest}".split("\n== ")[1:]:
        path, _, body = part.partition("\n")
        texts[path.strip()] = body.strip()
    return datetime.fromtimestamp(int(first), UTC), texts


def _judge(text: str | None, now: datetime, path: str) -> tuple[Outcome, str, str]:
    authority = PurePosixPath(path).stem in ("ca", "front-proxy-ca")
    limit = limit_of("certificate authority days" if authority else "certificate days", None)
    if limit is None:
        return "not measured", "catalog/health.yaml has no limit", "a limit"
    expected = f"valid for {limit} days"
    if text is None:
        return "fail", "no such file", expected
    try:
        found = _load(text)
    except (ValueError, binascii.Error):
        return "fail", "no certificate in it", expected
    left = (found.not_valid_after_utc - now).total_seconds() / DAY
    if found.not_valid_before_utc > now:
        return "fail", f"not valid before {found.not_valid_before_utc:%Y-%m-%d %H:%M}", expected
    if left <= 0:
        return "fail", f"{EXPIRED} on {found.not_valid_after_utc:%Y-%m-%d}, {-left:.0f} days ago", expected
    return "pass" if limit.holds(left) else "fail", f"valid for {left:.0f} days", expected


def _load(text: str) -> x509.Certificate:
    """The first certificate; a kubeconfig holds it in base64."""
    pem = text.encode() if text.startswith("-----") else base64.b64decode(text.split()[0] if text else "")
    return x509.load_pem_x509_certificate(pem)
