"""One regular file of a tar archive, by the name that we look for; none goes under a name that it chose."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def opened(archive: Path, name: str) -> Iterator[IO[bytes] | None]:
    """Its content; None where the archive has no such file.

    :raises tarfile.TarError: it is no archive.
    """
    wanted = name.removeprefix("./")
    with tarfile.open(archive) as tar:
        for entry in tar:
            if entry.name.removeprefix("./") == wanted and entry.isfile():
                yield tar.extractfile(entry)
                return
        yield None
