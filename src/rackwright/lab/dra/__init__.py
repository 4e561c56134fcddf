"""Twins of the vendors' DRA drivers: a kubelet plugin of our own, and charts with the vendors' names.

Kubernetes, kubelet, containerd and CDI are real. Only the devices are simulated, from the hardware record;
every object and every container says so.
"""
