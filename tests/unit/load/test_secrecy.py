"""Nothing that may be a secret is printed."""

from __future__ import annotations

import pytest

from rackwright.load.secrecy import HIDDEN, label, names_a_secret, show, show_key


@pytest.mark.parametrize(
    "key",
    [
        "bmc_password",
        "PASSWORD",
        "passwd",
        "pwd",
        "api_token",
        "secret",
        "ssh_key",
        "apikey",
        "keys",
        "psk",
        "auth",
        "pass",
    ],
)
def test_keys_that_name_a_secret(key):
    assert names_a_secret(key)
    assert show(("depot", key), "hunter2") == HIDDEN


@pytest.mark.parametrize(
    "key", ["sku", "keyboard", "compass", "monkey", "author", "login-nodes", "rack_units", "passive"]
)
def test_keys_that_do_not(key):
    assert not names_a_secret(key)


def test_all_below_access_is_hidden():
    assert show(("access",), "hunter2") == HIDDEN
    assert show(("access", "ssh_user"), "hunter2") == HIDDEN
    assert show_key(("access",), "hunter2") == "(not shown)"
    assert show_key(("access",), "bmc_usr") == "bmc_usr"
    assert label(("access", "bmc_password", "hunter2", 0)) == "access.bmc_password.(not shown).0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://admin:hunter2@depot:8480", "'http://(not shown)@depot:8480'"),
        ("admin:hunter2@depot", "'(not shown)@depot'"),
        ("http://depot/?token=hunter2", "'http://depot/(not shown)'"),
        ("a\nb\x1b[31m", r"'a\nb\x1b[31m'"),
        ("x" * 100, "'" + "x" * 57 + "...'"),
        ("café", r"'caf\xe9'"),
    ],
)
def test_what_is_shown(text, shown):
    assert show(("depot", "url"), text) == shown
