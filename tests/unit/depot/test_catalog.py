"""The catalog's own tables: what they say of a version is what go.mod, stamps, addresses and images say."""

from __future__ import annotations

import re

import pytest
from license_expression import get_spdx_licensing

from rackwright.depot.load import folder, load_table, module_folder, names
from rackwright.depot.table import FileRow, Table


@pytest.fixture(params=names())
def table(request: pytest.FixtureRequest) -> Table:
    load_table.cache_clear()
    return load_table(request.param)


def test_a_module_that_is_built_is_required_at_the_rows_version(table: Table) -> None:
    def required(row: FileRow) -> bool:
        assert row.go is not None
        if row.go.package == ".":
            return True
        text = (module_folder(folder() / "go", table.modules[row.go.module].folder) / "go.mod").read_text()
        found = re.findall(r"^(?:require |\t)([a-z0-9./-]+) v([0-9.]+)$", text, re.MULTILINE)
        return any(row.go.package.startswith(path) and version == row.version for path, version in found)

    assert [name for name, row in table.files.items() if row.go and not required(row)] == []


def test_every_module_of_a_build_has_its_sums(table: Table) -> None:
    for module in table.modules.values():
        at = module_folder(folder() / "go", module.folder)
        if "require" in (at / "go.mod").read_text():
            assert "h1:" in (at / "go.sum").read_text()


def test_programs_that_tell_a_version_tell_the_rows(table: Table) -> None:
    assert [name for name, row in table.files.items() if row.says and row.version not in row.says.text] == []


def test_addresses_and_members_have_the_rows_version(table: Table) -> None:
    for name, row in table.files.items():
        if row.release:
            assert row.version in table.releases[row.release.source].url, name


def test_digests_are_of_both_architectures_or_there_are_none(table: Table) -> None:
    for release in table.releases.values():
        assert len(release.sha256) in (0, 2)
        assert len(set(release.sha256.values())) == len(release.sha256)
        assert bool(release.sha256) == bool(release.digests_from)
    assert all(len(package.sha256) == 2 for package in table.packages.values())


def test_licences_are_spdx_expressions(table: Table) -> None:
    rows = [*table.files.values(), *table.packages.values(), *table.charts.values()]
    rows += [pin for _, pin in table.copied.values()]
    assert [row.licence for row in rows if get_spdx_licensing().validate(row.licence).errors] == []


def test_images_have_the_version_of_their_program(table: Table) -> None:
    for name, image in table.images.items():
        tag = image.name.rsplit(":", 1)[1].removeprefix("v")
        if image.copied:
            assert tag == table.version or name == "busybox", image.name
            continue
        first = next(file for file, path in image.files.items() if path == image.entrypoint[0])
        assert re.fullmatch(rf"{re.escape(table.files[first].version)}(-\d+)?", tag), image.name
