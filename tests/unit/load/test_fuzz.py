"""Ten thousand mutated files: each loads, or says a mistake with its place. No traceback, no long wait."""

from __future__ import annotations

import random
import time

import pytest
from tests.fuzz.judge import Figures, judge, run, seeds
from tests.fuzz.words import EVIL

from rackwright.errors import BadInput
from rackwright.load import cluster, plain
from rackwright.paths import home


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_ten_thousand_mutations_find_no_traceback(part, tmp_path):
    """In four parts, so that they may run side by side."""
    figures = run(2_500, seed=1, home=home(), folder=tmp_path, first=2_500 * part)
    assert not figures.findings, "\n".join([*figures.findings[:5], str(figures)])
    assert sum(figures.results.values()) == 2_500
    # the mutations must reach all ends: a fuzz that only ever breaks the syntax proves nothing
    assert figures.results["bad input"] > 500
    assert figures.results["loaded"] > 100
    assert figures.results["loaded, designed and rendered"] > 50


def test_the_judge_finds_a_traceback(tmp_path, monkeypatch):
    def planted(doc, path):
        raise RecursionError("planted")

    monkeypatch.setattr(plain, "_key_trap", planted)
    figures = Figures()
    judge(b"no: 1\n", None, tmp_path, figures, "planted")
    assert figures.results == {"traceback": 1}
    assert "planted" in figures.findings[0]


def test_the_judge_finds_a_mistake_without_a_place(tmp_path, monkeypatch):
    def planted(path):
        raise BadInput([])

    monkeypatch.setattr(cluster, "open_document", planted)
    figures = Figures()
    judge(b"a: 1\n", None, tmp_path, figures, "planted")
    assert figures.findings == ["planted: no problem is named"]


def test_a_secret_shows_in_no_error_however_the_file_is_broken(tmp_path):
    """One mutation anywhere in a file that holds a password in plain: the text of the errors never has it."""
    text = seeds(home())[0][0] + 'access:\n  bmc_password: "C4n4ry 5ecret"\n  bmc_user: admin\n'
    said: dict[str, str] = {}
    for number in range(2_000):
        rng = random.Random(number)  # noqa: S311 (a test's choice)
        at = rng.randrange(len(text))
        cut = rng.choice((0, 0, 1, 2, 10))
        broken = text[:at] + rng.choice([*EVIL, "", "", "\n", " "]) + text[at + cut :]
        (tmp_path / "cluster.yaml").write_bytes(broken.encode("utf-8", "surrogatepass"))
        try:
            cluster.load(str(tmp_path))
        except BadInput as error:
            said[broken] = str(error)
    assert len(said) > 1_500
    assert not [broken for broken, text in said.items() if "C4n4ry" in text or "5ecret" in text]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("flow nesting", b"[" * 1_000_000),
        ("flow mappings", b"{a: " * 250_000),
        ("block nesting", "\n".join(" " * i + "a:" for i in range(1_400)).encode()),
        ("explicit keys", b"? " * 500_000),
        ("sequences", b"- " * 500_000),
        ("aliases", b"a: &a [x]\n" + b"b: [" + b"*a, " * 200_000 + b"]"),
        ("keys", b"".join(b"k%d: 1\n" % i for i in range(100_000))),
        ("one key again and again", b"k: 1\n" * 200_000),
        ("keys under machines", b"machines:\n" + b"".join(b"  g%d: {}\n" % i for i in range(80_000))),
        ("list items", b"a: [" + b"1," * 500_000 + b"]"),
        ("one long word", b"a" * 1_000_000),
        ("one long number", b"cluster: " + b"9" * 1_000_000),
        ("one long base-60 number", b"cluster: 1" + b":0" * 500_000),
        ("one long quoted text", b'cluster: "' + b"\\x41" * 250_000 + b'"'),
        ("spaces", b" " * 1_000_000),
        ("line ends", b"\n" * 1_000_000),
        ("colons", b": " * 500_000),
        ("dashes", b"-" * 1_000_000),
        ("tabs", b"\t" * 1_000_000),
        ("anchors", b"&a " * 300_000),
        ("tags", b"!a " * 300_000),
        ("documents", b"---\n" * 250_000),
        ("directives", b"%TAG ! tag:x,2000:\n" * 50_000),
        ("percent escapes", b"a: !<" + b"%41" * 300_000 + b"> x"),
        ("forbidden characters", b"\x01" * 1_000_000),
        ("bytes that are no UTF-8", b"\xff" * 1_000_000),
        ("carriage returns", b"\r" * 1_000_000),
    ],
)
def test_hostile_files_of_a_mebibyte_end_soon(name, raw, tmp_path):
    assert len(raw) <= 1 << 20
    (tmp_path / "cluster.yaml").write_bytes(raw)
    begun = time.process_time()
    with pytest.raises(BadInput) as caught:
        cluster.load(str(tmp_path))
    assert time.process_time() - begun < 15, name
    assert 1 <= len(caught.value.problems) <= 101
