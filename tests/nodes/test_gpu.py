"""GPUs: all there, all well, nothing in the log."""


def test_gpus_and_nics_are_all_there(judge):
    judge("counts")


def test_device_nodes_exist(judge):
    judge("device_nodes")


def test_gpus_are_on_the_bus_with_sound_memory_and_full_links(judge):
    judge("gpu_health")


def test_gpus_are_divided_as_designed(judge):
    judge("gpu_sharing")


def test_no_row_of_memory_waits_or_failed(judge):
    judge("row_remap")


def test_nvlinks_are_up(judge):
    judge("nvlinks")


def test_the_nvlink_fabric_is_ready(judge):
    judge("fabric_state")


def test_the_driver_has_logged_no_grave_error(judge):
    judge("kernel_log")
