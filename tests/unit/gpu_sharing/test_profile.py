"""Profiles: the words that name one, and those that name none."""

from __future__ import annotations

import pytest

from rackwright.gpu_sharing.profile import Profile, parse


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("whole", Profile("whole")),
        ("mig:dynamic", Profile("mig-dynamic")),
        ("mig:all-balanced", Profile("mig", layout=("all-balanced",))),
        ("mig:all-1g.10gb+me", Profile("mig", layout=("all-1g.10gb+me",))),
        ("mig:3g.40gb,3g.40gb", Profile("mig", layout=("3g.40gb", "3g.40gb"))),
        ("mps", Profile("mps")),
        ("mps:100", Profile("mps", percent=100)),
        ("time-slicing", Profile("time-slicing")),
        ("time-slicing:short", Profile("time-slicing", interval="Short")),
        ("partition:cpx-nps1", Profile("partition", modes="cpx-nps1")),
    ],
)
def test_words_that_name_one(text, profile):
    assert parse(text) == profile


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Whole",
        "whole:",
        "whole:1",
        "mig",
        "mig:",
        "mig:1g",
        "mig:1g.10gb,",
        "mig:all-",
        "mig:8g.80gb",
        "mps:0",
        "mps:101",
        "mps:half",
        "mps:50:50",
        "time-slicing:forever",
        "partition",
        "partition:cpx",
    ],
)
def test_words_that_name_none(text):
    assert parse(text) is None
