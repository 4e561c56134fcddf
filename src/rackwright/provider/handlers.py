"""Which handler serves which type token.

The product's own table is :func:`rackwright.resources.registry.handlers`. A site adds nouns of its own with
``RACKWRIGHT_HANDLERS=module:attribute`` (comma separated), each a mapping of type token to a callable that
makes the handler; what a site names wins.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping
from functools import cache

from rackwright.errors import UsageError
from rackwright.resources.handler import Handler

Factory = Callable[[], Handler]


@cache
def _site() -> Mapping[str, Factory]:
    """The nouns that ``RACKWRIGHT_HANDLERS`` names.

    :raises UsageError: it names something that cannot be loaded.
    """
    found: dict[str, Factory] = {}
    for name in filter(None, os.environ.get("RACKWRIGHT_HANDLERS", "").split(",")):
        module, _, attribute = name.strip().partition(":")
        try:
            found.update(getattr(importlib.import_module(module), attribute))
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            raise UsageError(f"RACKWRIGHT_HANDLERS={name}: {error}; write module:attribute") from error
    return found


@cache
def handler(type_: str) -> Handler:
    """The handler of a type token, made once per process.

    :raises UsageError: no such type.
    """
    if type_ in _site():
        return _site()[type_]()
    # Late: a site's nouns, and the tests of the engines, need none of the product's libraries.
    from rackwright.resources.registry import handlers

    own = handlers()
    if type_ not in own:
        raise UsageError(f"no handler for {type_}; known: {', '.join(sorted({*own, *_site()}))}")
    return own[type_]
