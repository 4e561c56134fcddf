"""The rules as data: each with a reason and a source, about rows that exist; when they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rackwright.errors import BadInput
from rackwright.load.catalog import tables
from rackwright.locks import load_lock
from rackwright.locks.components import NEEDS, Component, components
from rackwright.locks.named import named
from rackwright.locks.rules import rules
from rackwright.locks.when import When
from rackwright.paths import home


def test_rules_name_rows_and_gpus_that_exist() -> None:
    known, gpus = set(components()), set(tables(home()).gpus)
    for name, rule in rules().items():
        rows = {*rule.when.rows, *rule.when.flavours, *getattr(rule, "rows", ())}
        rows |= {getattr(rule, key) for key in ("row", "of") if hasattr(rule, key)}
        assert rows <= known, name
        assert set(rule.when.gpus) <= gpus, name


def test_a_reason_reads_after_a_semicolon() -> None:
    for name, rule in rules().items():
        assert not rule.why.endswith("."), name
        assert "\n" not in rule.why, name


def test_upgrades_go_from_the_kernel_up() -> None:
    order = {name: row.order for name, row in components().items()}
    assert order["kernel"] < order["rdma"] < order["driver"] < order["persistence"] < order["fabric_manager"]
    assert order["nvlink_subnet_manager"] < order["fabric_manager"]
    assert order["driver"] < order["nccl"] < order["containerd"] < order["kubernetes"] < order["dra_driver"]


def test_a_driver_needs_a_reboot_and_nccl_nothing() -> None:
    driver = load_lock("h100-debian13").row("driver")
    older = load_lock("h100-debian13-570").row("driver")
    assert components()["driver"].need(older, driver) == "reboot"
    assert components()["nccl"].need(None, None) == "nothing"
    assert NEEDS.index("restart") < NEEDS.index("reboot")


def test_tools_of_the_inbox_flavour_need_nothing_but_a_change_of_flavour_does() -> None:
    rdma = components()["rdma"]
    inbox, ofed = load_lock("h100-ubuntu2404").row("rdma"), load_lock("h100-debian13").row("rdma")
    assert rdma.need(inbox, inbox) == "nothing"
    assert rdma.need(ofed, ofed) == "reboot"
    assert rdma.need(inbox, ofed) == "reboot"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({}, True),
        ({"rows": {"driver": None}}, True),
        ({"rows": {"driver": "570"}}, True),
        ({"rows": {"driver": "590"}}, False),
        ({"rows": {"imex": None}}, False),
        ({"flavours": {"driver": "open"}}, True),
        ({"flavours": {"driver": "proprietary"}}, False),
        ({"gpus": ["h200-sxm-141gb"]}, True),
        ({"gpus": ["gb200-186gb"]}, False),
        ({"os": ["debian-13"]}, True),
        ({"os": ["debian-12"]}, False),
    ],
)
def test_when_a_rule_is_about_a_lock(when: dict[str, object], holds: bool) -> None:
    assert When.model_validate(when).holds(load_lock("h100-debian13")) is holds


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("b: {title: B, order: 1, needs: luck, because: x}\n", "b.needs"),
        ("b: {title: B, order: 1, needs: nothing}\n", "because|[Ff]ield required"),
        (
            "b: {title: B, order: 1, needs: drain, because: x}\n"
            "a: {title: A, order: 1, needs: drain, because: x}\n",
            "another order",
        ),
        ("- a\n", "rows by name"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "components.yaml"
    path.write_text(table)
    with pytest.raises(BadInput, match=said):
        named(path, Component)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "kind: once",
            "kind: twice",
            r"one-row-for-a-package\.kind: found 'twice', expected one of 'same', ",
        ),
        ("  from: 570.158.01", "  form: 570.158.01", r"compute-domain-driver\.form: found key form"),
        ("  from: 450.80.02\n", "", r"dcgm-driver: .*from or below"),
        ("(?P<branch>", "(?P<twig>", r"branch-of-name\.pattern: .*\(\?P<branch>"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, after: str, said: str
) -> None:
    text = (home() / "catalog/lock-rules.yaml").read_text()
    assert before in text
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog/lock-rules.yaml").write_text(text.replace(before, after, 1))
    monkeypatch.setenv("RACKWRIGHT_HOME", str(tmp_path))
    with pytest.raises(BadInput, match=said):
        rules()


def test_a_table_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "components.yaml"
    row = {"title": "A", "order": 1, "needs": "nothing", "because": "x"}
    path.write_text(yaml.safe_dump({"a": row}))
    assert set(named(path, Component)) == {"a"}
    path.write_text(yaml.safe_dump({"a": row, "bb": {**row}}))
    assert set(named(path, Component)) == {"a", "bb"}
