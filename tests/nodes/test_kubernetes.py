"""Containers and Kubernetes on a machine: runtime, CDI, kubelet, certificates, etcd."""


def test_containerd_runs_as_asked(judge):
    judge("containerd")


def test_the_cdi_file_lists_every_gpu(judge):
    judge("cdi")


def test_the_node_s_services_run(judge):
    judge("node_units")


def test_the_kubelet_is_configured_as_designed(judge):
    judge("kubelet")


def test_certificates_are_valid_for_a_while(judge):
    judge("certificates")


def test_etcd_is_healthy_and_has_room(judge):
    judge("etcd")
