"""What a registry holds under a digest: a manifest, and blobs to be continued after a break.

Of the OCI distribution specification only what reading by digest takes. Registries that want a token give
one to anybody (``WWW-Authenticate: Bearer``); no account is used.
"""

from __future__ import annotations

import hashlib
import http
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from rackwright.depot import release
from rackwright.depot.place import Place
from rackwright.depot.release import Hosts
from rackwright.engine.download import CONNECT_SECONDS, OnBytes, Unreachable, WrongDigest, reachable

ANSWER_SECONDS = 30
MOST_BYTES = 4 << 20
"""Of a manifest or a token, as the specification has it."""
ACCEPTED = ", ".join(
    [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ]
)


@dataclass(slots=True)
class Remote:
    """One repository: ``registry.k8s.io/pause``."""

    name: str
    hosts: Hosts
    headers: dict[str, str] = field(default_factory=dict)

    def url(self, kind: str, sha256: str) -> str:
        """Address of something by its digest; ``kind``: manifests or blobs."""
        host, _, repository = self.name.partition("/")
        return f"https://{host}/v2/{repository}/{kind}/sha256:{sha256}"

    def manifest(self, sha256: str) -> tuple[bytes, dict[str, Any]]:
        """A manifest or an index, its bytes and what they say.

        :raises Unreachable: nobody gives it.
        :raises WrongDigest: something else is served under its name.
        """
        url = self.url("manifests", sha256)
        host = urllib.parse.urlsplit(url).netloc
        if host in self.hosts.silent:
            raise Unreachable(self.hosts.silent[host])
        try:
            reachable(url, CONNECT_SECONDS)
        except Unreachable as problem:
            self.hosts.silent[host] = str(problem)
            raise
        try:
            content = _get(url, {"Accept": ACCEPTED, **self.headers})
        except urllib.error.HTTPError as error:
            if error.code != http.HTTPStatus.UNAUTHORIZED or self.headers:
                raise Unreachable(f"{url}: {error.code} {error.reason}") from error
            self.headers = {
                "Authorization": f"Bearer {_token(error.headers.get('WWW-Authenticate') or '', url)}"
            }
            return self.manifest(sha256)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{url}: {error}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise WrongDigest(f"{url}: sha256 is {found}; not used")
        try:
            said = json.loads(content)
        except ValueError as problem:
            raise WrongDigest(f"{url}: not a manifest: {problem}") from problem
        return content, said

    def blob(self, place: Place, digest: str, on_bytes: OnBytes) -> str:
        """Bring a blob into the store; its sha256.

        :param digest: ``sha256:...``, of a manifest that has been checked.
        :raises Unreachable: it cannot be had now; what has arrived is kept.
        :raises WrongDigest: something else is served, or the digest is of another kind.
        """
        sha256 = digest.removeprefix("sha256:")
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise WrongDigest(f"{self.name}: a blob with the digest {digest[:80]!r}, expected one of sha256")
        release.bring(place, self.url("blobs", sha256), sha256, self.hosts, on_bytes, self.headers)
        return sha256


def _get(url: str, headers: dict[str, str]) -> bytes:
    """A small answer. Headers do not follow a redirect to another host: they may let somebody in.

    :raises OSError: nobody gives it.
    """
    request = urllib.request.Request(url)  # noqa: S310 - https by its maker
    for name, value in headers.items():
        (request.add_unredirected_header if name == "Authorization" else request.add_header)(name, value)
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310 - the digest judges
        content: bytes = answer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreachable(f"{url}: an answer of more than {MOST_BYTES >> 20} MiB")
    return content


def _token(challenge: str, url: str) -> str:
    """What lets anybody read.

    :raises Unreachable: the registry wants an account, or gives no token.
    """
    words = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = words.pop("realm", "")
    if not challenge.lower().startswith("bearer ") or not realm.startswith("https://"):
        raise Unreachable(f"{url}: 401, and the registry gives no token to anybody")
    asked = urllib.parse.urlencode({key: words[key] for key in ("service", "scope") if key in words})
    try:
        said = json.loads(_get(f"{realm}?{asked}", {}))
        return str(said.get("token") or said["access_token"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, AttributeError) as problem:
        raise Unreachable(f"{realm}: no token: {problem}") from problem
