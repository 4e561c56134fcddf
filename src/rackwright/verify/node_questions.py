"""What is asked of a node of Kubernetes: its kubelet, certificates and etcd. No key leaves the machine."""

from __future__ import annotations

from rackwright.verify.expected import Node

PKI = "/etc/kubernetes/pki"
KUBELET_PKI = "/var/lib/kubelet/pki"
KUBELET = "/var/lib/kubelet/config.yaml"
"""What kubeadm wrote and the kubelet starts with."""
CDI = "/var/run/cdi/nvidia.yaml"
"""Where the container toolkit writes which GPUs a container may ask for."""
EVERYWHERE = (
    f"{KUBELET_PKI}/kubelet-client-current.pem",
    f"{KUBELET_PKI}/kubelet-server-current.pem",
    f"{PKI}/ca.crt",
)
CONTROL = (
    *(f"{PKI}/{name}.crt" for name in ("apiserver", "apiserver-etcd-client", "apiserver-kubelet-client")),
    *(f"{PKI}/{name}.crt" for name in ("front-proxy-ca", "front-proxy-client")),
    *(f"{PKI}/etcd/{name}.crt" for name in ("ca", "healthcheck-client", "peer", "server")),
    *(f"/etc/kubernetes/{name}.conf" for name in ("admin", "controller-manager", "scheduler")),
)
"""As kubeadm lays them out
(https://kubernetes.io/docs/setup/best-practices/certificates/)."""
ETCD = (
    "set -a; . /etc/kubernetes/rackwright/etcdctl.env; set +a; "
    'ask() { echo "== $1"; shift; etcdctl --dial-timeout=3s --command-timeout=5s "$@" 2>&1; }; '
    "ask status endpoint status -w json; ask health endpoint health -w json; ask alarms alarm list; true"
)
# Only what is between a certificate's marks: kubelet-client-current.pem holds the key, too. A kubeconfig has
# the certificate as one line of base64.
_ONE = (
    'show() { [ -e "$1" ] || return 0; echo "== $1"; '
    "sed -n -e '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p' "
    "-e 's/^ *client-certificate-data: *//p' \"$1\"; }"
)


def certificate_files(node: Node) -> tuple[str, ...]:
    """Files that must be there, each with a certificate."""
    return EVERYWHERE + CONTROL if node.control else EVERYWHERE


def certificates(node: Node) -> str:
    """Each certificate below ``== file``, after the machine's own time in seconds."""
    shown = "; ".join(f"show {path}" for path in certificate_files(node))
    return f"date +%s; {_ONE}; {shown}"


def commands(node: Node) -> dict[str, str]:
    """By question."""
    asked = {
        "node_units": "systemctl is-active kubelet containerd; true",
        "kubelet_config": f"cat {KUBELET}",
        "certificates": certificates(node),
    }
    return asked | ({"etcd": ETCD} if node.control else {})
