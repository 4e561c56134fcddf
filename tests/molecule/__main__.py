"""``python -m tests.molecule [ROLE ...]`` tests roles; ``step NAME ROLE SERVER`` takes one step."""

from __future__ import annotations

import os
import sys

from tests.molecule.bench import Bench, work
from tests.molecule.failure import Failed
from tests.molecule.planted import BENCH, unseen
from tests.molecule.run import run
from tests.molecule.steps import Steps


def main(words: list[str]) -> int:
    os.environ["RACKWRIGHT_STATE"] = str(work() / "state")
    try:
        if words[:1] == ["step"]:
            _, name, role, server = words
            steps = Steps.of(role, server)
            if name == "create":
                steps.failure.unlink(missing_ok=True)
            steps.take(name)
            return 0
        if words == ["planted"]:
            missed = list(unseen(Bench(BENCH)))
            print("\n".join(missed), file=sys.stderr)
            return int(bool(missed))
        return run(words)
    except Failed as problem:
        print(f"{problem.role}: {problem.step}: {problem.text}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
