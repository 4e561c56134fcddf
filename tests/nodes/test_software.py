"""Software: versions on every layer, the fabric manager, NCCL."""


def test_versions_equal_the_lock(judge):
    judge("software")


def test_fabric_manager_runs(judge):
    judge("fabric_manager")


def test_nccl_uses_compute_devices_only(judge):
    judge("nccl_devices")
