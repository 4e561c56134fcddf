"""The agent as it is shipped: text for ``python3 -`` on a machine that has nothing of ours."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from rackwright.verify.collector import plan_of, program
from rackwright.verify.questions import Question


def ask(questions, deadline=10, probes=()):
    text = program(plan_of(questions, list(probes), deadline))
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=text, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_every_question_is_answered_with_status_and_output():
    record = ask({"yes": Question("echo 'a b'"), "no": Question("echo why >&2; exit 3")})
    assert record["answers"]["yes"] == {"rc": 0, "out": "a b\n", "err": ""}
    assert record["answers"]["no"] == {"rc": 3, "out": "", "err": "why\n"}
    assert abs(record["clock"] - time.time()) < 60


def test_a_question_that_hangs_costs_its_own_limit_and_is_not_measured():
    begun = time.monotonic()
    record = ask({"hangs": Question("sleep 60", limit=1), "quick": Question("echo 1")})
    assert time.monotonic() - begun < 8
    assert record["answers"]["hangs"] == {"rc": None, "out": "", "err": "no answer in 1 s"}
    assert record["answers"]["quick"]["out"] == "1\n"


def test_the_deadline_ends_everything():
    begun = time.monotonic()
    record = ask({f"q{n}": Question("sleep 60", limit=50) for n in range(5)}, deadline=2)
    assert time.monotonic() - begun < 8
    assert all(answer["rc"] is None for answer in record["answers"].values())


def test_quotes_in_a_plan_stay_data():
    record = ask({"odd": Question("""printf '%s' "it's \\"quoted\\" \\\\ \u00e9" """)})
    assert record["answers"]["odd"]["out"] == 'it\'s "quoted" \\ \u00e9'
