"""Where a secret could stand in the open: the depot's URL (``access`` is checked by its types)."""

from __future__ import annotations

from urllib.parse import urlsplit

from rackwright.load.draft import Draft
from rackwright.load.plain import Document


def check_access(doc: Document, draft: Draft) -> None:
    """The depot's URL is http or https, names a host, and carries no user and password."""
    url = draft.depot.url
    if url is None:
        return
    path = ("depot", "url")
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        whole, parts = False, urlsplit("")
    if "@" in url:
        doc.say(path, "a URL without user and password", "machines fetch from the depot without a login")
    elif not whole or not url.isprintable() or " " in url or parts.query or parts.fragment:
        doc.say(path, "a URL such as http://10.112.0.2:8480")
