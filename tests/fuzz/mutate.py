"""Mutations of a valid file: of its bytes, tokens, structure, and of values that are right by themselves."""

from __future__ import annotations

import copy
import random
import re
from typing import Any

import yaml
from tests.fuzz.words import EVIL, KEYS, NEAR, RIGHT, SIBLINGS

_TOKEN = re.compile(r"[A-Za-z0-9_./-]+|[ \n]+|.", re.S)


def _parsed(text: str) -> Any:
    return yaml.load(text, Loader=yaml.CSafeLoader)


def mutate(text: str, rng: random.Random) -> bytes:
    """One to four mutations of one kind."""
    kind = rng.choice((_bytes, _tokens, _tokens, _structure, _structure, _plausible, _plausible))
    return kind(text, rng, rng.choice((1, 1, 1, 2, 4)))


def _bytes(text: str, rng: random.Random, times: int) -> bytes:
    raw = bytearray(text.encode())
    for _ in range(times):
        at = rng.randrange(len(raw) + 1)
        end = min(len(raw), at + rng.choice((1, 1, 2, 8, 60)))
        what = rng.randrange(6)
        if what == 0 and at < len(raw):
            raw[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            raw[at:at] = bytes(rng.randrange(256) for _ in range(rng.choice((1, 1, 3, 20))))
        elif what == 2:
            del raw[at:end]
        elif what == 3:
            raw[at:at] = raw[at:end] * rng.choice((1, 2, 50))
        elif what == 4:
            del raw[at:]
        else:
            other = rng.randrange(len(raw) + 1)
            raw[at:end], raw[other:other] = b"", bytes(raw[at:end])
    return bytes(raw)


def _tokens(text: str, rng: random.Random, times: int) -> bytes:
    tokens = _TOKEN.findall(text)
    for _ in range(times):
        at = rng.randrange(len(tokens))
        what = rng.randrange(6)
        if what == 0:
            tokens[at] = rng.choice(EVIL)
        elif what == 1:
            tokens[at] = rng.choice(NEAR)
        elif what == 2:
            tokens[at] = rng.choice(tokens)
        elif what == 3:
            tokens.insert(at, rng.choice(EVIL))
        elif what == 4:
            tokens[at] = ""
        else:
            other = rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
    return "".join(tokens).encode("utf-8", "surrogatepass")


def _structure(text: str, rng: random.Random, times: int) -> bytes:
    """Change the tree and write it out again: most of these are valid YAML, many load."""
    tree: Any = _parsed(text)
    for _ in range(times):
        places = list(_places(tree))
        if not places:
            break
        parent, key = rng.choice(places)
        value: Any = _parsed(rng.choice(NEAR))
        what = rng.randrange(7)
        if what <= 2:
            parent[key] = value
        elif what == 3:
            parent[key] = rng.choice(EVIL)
        elif what == 4:
            del parent[key]
        elif what == 5:
            parent[key] = rng.choice(
                ([parent[key]], {"a": parent[key]}, [], {}, None, True, -1, 1 << 70, 0.1)
            )
        elif isinstance(parent, dict):
            other_parent, other_key = rng.choice(places)
            new_key = rng.choice((rng.choice(KEYS), f"{key}x", key))
            parent[new_key] = copy.deepcopy(_value(other_parent, other_key, value))
    written = yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
    return str(written).encode("utf-8", "surrogatepass")


def _plausible(text: str, rng: random.Random, times: int) -> bytes:
    """Values that are right by themselves: these reach the checks across parts, design and render."""
    tree: Any = _parsed(text)
    for _ in range(times + 1):
        places = [(parent, key) for parent, key in _places(tree) if key in RIGHT]
        if places:
            parent, key = rng.choice(places)
            key = rng.choice([k for k in RIGHT if k in SIBLINGS.get(key, (key,))])
            parent[key] = rng.choice(RIGHT[key])
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False).encode()


def _value(parent: Any, key: Any, default: Any) -> Any:
    """A value that an earlier mutation may have taken away."""
    return parent[key] if isinstance(parent, dict) and key in parent else default


def _places(tree: Any) -> Any:
    """Every (container, key) of the tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(items):
        yield tree, key
        yield from _places(value)
