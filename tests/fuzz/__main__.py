"""``python -m tests.fuzz --count 10000 --seed 1``: mutate valid cluster files and print the figures.

``--only N`` prints case N and what load says about it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.judge import Figures, judge, one, run, seeds

from rackwright.errors import BadInput
from rackwright.load.cluster import load
from rackwright.paths import home


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only is not None:
            return _only(options.only, options.seed, folder)
        figures = run(options.count, options.seed, home(), folder, options.first)
    for finding in figures.findings:
        print(finding)
    print(figures)
    return 1 if figures.findings else 0


def _only(number: int, seed: int, folder: Path) -> int:
    cluster, assets = one(number, seed, seeds(home()))
    sys.stdout.buffer.write(cluster if assets is None else b"# assets.yaml\n" + assets)
    sys.stdout.flush()
    figures = Figures()
    judge(cluster, assets, folder, figures, f"case {number}", servers=600)
    try:
        load(str(folder / "cluster.yaml"))
    except BadInput as error:
        print(f"\n{error}")
    print(*figures.findings, figures, sep="\n")
    return 1 if figures.findings else 0


if __name__ == "__main__":
    sys.exit(main())
