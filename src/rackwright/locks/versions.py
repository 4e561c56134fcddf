"""Versions of packages: their parts, and which of two is newer, by Debian's rules (deb-version(7)).

RPM orders the versions that locks name in the same way.
"""

from __future__ import annotations

import re
from functools import total_ordering

_RUN = re.compile(r"(\D*)(\d*)")
_SUFFIX = re.compile(r"[~+]")
_END: tuple[list[int], int] = ([0], 0)


@total_ordering
class Version:
    """A version that can be compared.

    >>> Version("1:4.5.3-1") > Version("4.9-1"), Version("1.0~rc1") < Version("1.0")
    (True, True)
    """

    def __init__(self, text: str) -> None:
        self.text = text
        epoch, colon, rest = text.partition(":")
        self.epoch = int(epoch) if colon and epoch.isdigit() else 0
        rest = rest if colon else text
        self.upstream, dash, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
        self.revision = revision if dash else ""

    def _key(self) -> tuple[int, list[tuple[list[int], int]], list[tuple[list[int], int]]]:
        return self.epoch, _parts(self.upstream), _parts(self.revision)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self.text)

    @property
    def said(self) -> str:
        """The upstream version as the program itself prints it.

        >>> Version("1.7.24~ds1-6+deb13u1").said, Version("1:4.5.3-1").said
        ('1.7.24', '4.5.3')
        """
        return _SUFFIX.split(self.upstream, maxsplit=1)[0]


def _weight(character: str) -> int:
    """``~`` before the end, letters before all else."""
    return -1 if character == "~" else ord(character) if character.isalpha() else ord(character) + 256


def _parts(text: str) -> list[tuple[list[int], int]]:
    """Runs of other characters and of digits; a run that ends weighs 0, so that only ``~`` is less."""
    found = [([*map(_weight, words), 0], int(digits or 0)) for words, digits in _RUN.findall(text)]
    while found and found[-1] == _END:
        found.pop()
    return [*found, _END]


def agrees(package: str, reports: str) -> bool:
    """Whether a package of this version holds the program that reports that one.

    >>> agrees("2.27.7.70203-90~24.04", "2.27.7"), agrees("580.159.03-1", "580.159.0")
    (True, False)
    """
    said = Version(package).said
    return said == reports or said.startswith(f"{reports}.")
