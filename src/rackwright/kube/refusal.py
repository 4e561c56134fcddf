"""A server's refusal in the words of this product: what, which step, the answer, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rackwright.errors import WorldRefused
from rackwright.kube.api import MISFIT, Said
from rackwright.kube.identity import Identity
from rackwright.kube.owners import conflicts

_HINTS = {
    401: "is the kubeconfig's login still valid?",
    403: "the kubeconfig's user needs get, patch, create and delete on this kind",
    410: "run it again",
    429: "the API server is overloaded; run it again, with a smaller --parallel",
}


@contextmanager
def refusing(which: Identity, step: str, scrubbed: Callable[[str], str]) -> Iterator[None]:
    """Turns the server's refusals into errors; ``scrubbed`` takes secrets out of what it says."""
    try:
        yield
    except Said as said:
        text = scrubbed(said.message)
        raise WorldRefused(str(which), step, _found(said, text), _hint(which, said)) from None


def _found(said: Said, text: str) -> str:
    """
    >>> _found(Said(404, "NotFound", "no"), "no")
    'no (404 NotFound)'
    """
    if holders := conflicts(said):
        held = "; ".join(f'manager "{name}" holds {", ".join(fields)}' for name, fields in holders.items())
        return f"conflict: {held}"
    return f"{' '.join(text.split())[:400]} ({said.code}{f' {said.reason}' if said.reason else ''})"


def _hint(which: Identity, said: Said) -> str:
    if conflicts(said):
        return "leave the field to that manager, or set force: true on this manifest to take it over"
    if any(cause.reason == "NamespaceTerminating" for cause in said.causes):
        return f"namespace {which.namespace} is being deleted; run it again when it is gone"
    if said.code == 404 and which.namespace and "namespaces" in said.message:
        return f"declare namespace {which.namespace} and name it in depends_on"
    if "immutable" in said.message:
        return "it cannot be changed in place: take it out of the program, run up, and put it back"
    if MISFIT in said.message:
        return "the manifest does not fit the kind's schema: a misspelt field, or another version of it"
    if said.code >= 500:
        return "look at the log of kube-apiserver, and of the webhook that the answer names"
    return _HINTS.get(said.code, "")
