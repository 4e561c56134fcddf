"""Kubernetes: what a design says to kubeadm, the kubelet and the API server, as text; nothing here acts."""
