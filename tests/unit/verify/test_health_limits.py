"""Limits and XIDs: tables with a source for each row; what they say of a value or a code."""

from __future__ import annotations

import pytest
import yaml

from rackwright.errors import BadInput
from rackwright.paths import home
from rackwright.verify import limits, xids


@pytest.fixture
def catalog(tmp_path, monkeypatch):
    """A catalog of our own, to break."""
    folder = tmp_path / "catalog"
    folder.mkdir()
    for name in ("health.yaml", "xids.yaml"):
        (folder / name).write_text((home() / "catalog" / name).read_text())
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path))
    limits.limits.cache_clear()
    xids.table.cache_clear()
    yield folder
    limits.limits.cache_clear()
    xids.table.cache_clear()


def test_each_limit_is_there_once_sorted_with_a_source():
    keys = [(row.check, row.product or "") for row in limits.limits()]
    assert keys == sorted(set(keys))
    assert all(row.source for row in limits.limits())


@pytest.mark.parametrize(
    ("check", "product", "value", "holds"),
    [
        ("NVLink count", "NVIDIA H100 80GB HBM3", 18, True),
        ("NVLink count", "NVIDIA H100 80GB HBM3", 17, False),
        ("NVLink speed", "NVIDIA H100 80GB HBM3", 26.562, True),
        ("NVLink speed", "NVIDIA GB200", 26.562, False),
        ("ECC uncorrected errors", None, "0", True),
        ("ECC uncorrected errors", "NVIDIA H200", "1", False),
        ("ECC mode", "whatever", "Enabled", True),
        ("ECC mode", "whatever", "[N/A]", False),
    ],
)
def test_a_value_against_its_limit(check, product, value, holds):
    assert limits.limit_of(check, product).holds(value) is holds


def test_what_nobody_has_limited_has_no_limit():
    assert limits.limit_of("NVLink count", "NVIDIA Banana") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at_least": 1}, "one of is, at_most, at_least"),
        ({"source": "a friend"}, "source"),
        ({"sku": "x"}, "sku"),
    ],
)
def test_a_wrong_limit_is_refused(catalog, change, words):
    rows = yaml.safe_load((catalog / "health.yaml").read_text())
    rows[0] |= change
    (catalog / "health.yaml").write_text(yaml.safe_dump(rows))
    with pytest.raises(BadInput, match=words):
        limits.limits()


@pytest.mark.parametrize(
    ("code", "judged"),
    [
        *((code, "pass") for code in (13, 31, 43, 45, 63, 94)),
        *((code, "fail") for code in (48, 74, 79, 95, 119, 154, 9999)),
    ],
)
def test_a_code_is_judged_by_its_row(code, judged):
    assert xids.verdict_on(code)[1] == judged


def test_every_code_of_the_catalog_has_an_action_and_a_source():
    table = xids.table()
    assert list(table.codes) == list(range(1, 162))
    assert all(url.startswith("https://") for url in table.sources.values())


def test_a_code_of_an_action_that_is_not_there_is_refused(catalog):
    data = yaml.safe_load((catalog / "xids.yaml").read_text())
    data["codes"][79]["action"] = "PRAY"
    (catalog / "xids.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(BadInput, match="79: action and source must be among those above"):
        xids.table()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("NVRM: Xid (PCI:0000:3b:00): 31, pid=7, name=python3, Ch 00000010", [("0000:3b:00", 31)]),
        ("NVRM: Xid (0000:3b:00): 79, GPU has fallen off the bus.", [("0000:3b:00", 79)]),
        ("NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.", [("0000:3b:00", 79)]),
        ("NVRM: GPU at PCI:0000:3b:00: GPU-8dc3ec09-3f1c", []),
        ("NVRM: loading NVIDIA UNIX Open Kernel Module", []),
    ],
)
def test_lines_of_the_kernel_log(line, found):
    assert [(each.bus, each.code) for each in xids.read(f"{line}\n{line}\n")] == found


def test_only_fatal_errors_of_a_switch_count():
    text = (
        "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore\n"
        "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 20034, Fatal, Link 30 LTSSM Fault Up\n"
    )
    assert [(each.bus, each.code) for each in xids.read_switches(text)] == [("0000:c1:00", 20034)]
