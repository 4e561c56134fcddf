"""Shell: the commands that a script would run, without running them.

Functions, their arguments, ``for`` over words, ``[ a -gt b ]`` and redirection are understood: enough for
our own script and for the flat ones that people write. Anything else is taken as it stands; a condition
that only the machine can answer counts as true.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_FUNCTION = re.compile(r"^(?:function\s+)?(\w+)\s*(?:\(\))?\s*\{(?:\s*#.*)?$")
_FOR = re.compile(r"^for\s+(\w+)\s+in\s+(.*?);?\s*(?:do)?$")
_IF = re.compile(r"^if\s+(.*?);?\s*(?:then)?$")
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_ASSIGNMENT = re.compile(r"^(\w+)=([^$`(]*)$")
_SUBSTITUTION = re.compile(r"^(\w+)=\$\((.*)\)$")
"""What a command will answer is not known; its own words stand in, so that the device they name is not
lost."""
_DEPTH = 8
"""Functions within functions; a script that calls itself ends here."""


def commands(text: str) -> list[list[str]]:
    """Commands in order, as words; a redirected ``echo`` or ``printf`` is ``["write", file, value]``.

    >>> commands('f() {\\n  echo 106 > "/sys/$1"\\n}\\nf a')
    [['write', '/sys/a', '106']]
    """
    functions: dict[str, list[str]] = {}
    top: list[str] = []
    inside: list[str] | None = None
    for raw in text.replace("\\\n", " ").splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if inside is None and (match := _FUNCTION.match(line)):
            inside = functions[match[1]] = []
        elif inside is not None and raw.startswith("}"):
            inside = None
        else:
            (top if inside is None else inside).append(line)
    return list(_run(top, functions, {}, 0))


def _run(
    lines: list[str], functions: dict[str, list[str]], names: dict[str, str], depth: int
) -> Iterator[list[str]]:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if match := _FOR.match(line):
            end = _end(lines, at, "for ", "done")
            for word in shlex.split(_filled(match[2], names)):
                yield from _run(lines[at:end], functions, names | {match[1]: word}, depth)
            at = end + 1
        elif match := _IF.match(line):
            end = _end(lines, at, "if ", "fi")
            if _holds(_filled(match[1], names)):
                yield from _run(lines[at:end], functions, names, depth)
            at = end + 1
        elif match := _ASSIGNMENT.match(line):
            names = names | {match[1]: match[2].strip("\"'")}
        elif match := _SUBSTITUTION.match(line):
            names = names | {match[1]: re.sub(r"[\s\"']+", "_", _filled(match[2], names))}
        elif line not in ("do", "then") and not line.startswith(("[ ", "set ", "exec ")):
            words = _words(_filled(line, names))
            if words and words[0] in functions and depth < _DEPTH:
                given = {str(number): word for number, word in enumerate(words[1:], 1)}
                yield from _run(functions[words[0]], functions, given, depth + 1)
            elif words:
                yield _plain(words)


def _end(lines: list[str], start: int, opens: str, closes: str) -> int:
    """Where a block ends; the script's last line where it never does."""
    depth = 1
    for at in range(start, len(lines)):
        if lines[at].startswith(opens):
            depth += 1
        elif lines[at] == closes:
            depth -= 1
        if depth == 0:
            return at
    return len(lines)


def _filled(line: str, names: dict[str, str]) -> str:
    """With the variables that are known; others stay as they are."""
    return _VARIABLE.sub(lambda match: names.get(match[1], match[0]), line)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # a quote that ends on another line: not a command that this reader knows
        return []


def _holds(condition: str) -> bool:
    words = _words(condition)
    if len(words) == 5 and words[0] == "[" and words[1].isdigit() and words[3].isdigit():
        left, right = int(words[1]), int(words[3])
        return {"-gt": left > right, "-ge": left >= right, "-eq": left == right}.get(words[2], True)
    return True


def _plain(words: list[str]) -> list[str]:
    if words[0] not in ("echo", "printf"):
        return words
    for at, word in enumerate(words):
        if word.startswith(">"):
            target = word.lstrip(">") or (words[at + 1] if at + 1 < len(words) else "")
            return ["write", target, words[at - 1]]
    return words
