"""Shared storage: mounted, on its plane, writable."""


def test_mounted(judge):
    judge("mount")


def test_on_the_storage_plane(judge):
    judge("connections")


def test_writable(judge):
    judge("writable")
