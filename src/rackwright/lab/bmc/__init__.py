"""The servers' BMCs: sushy-tools' Redfish application with a driver that acts on the lab's machines.

One process serves them all; each listens in its own network namespace and shows exactly one system.
"""
