"""Configuration: files, what runs, rules, routes and kernel settings."""


def test_files_are_as_rendered(judge):
    judge("files")


def test_what_runs_equals_the_file(judge):
    judge("running")


def test_rules_are_the_design_s(judge):
    judge("rules")


def test_routes_are_the_design_s(judge):
    judge("routes")


def test_kernel_settings_are_in_force(judge):
    judge("sysctls")
