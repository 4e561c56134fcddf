"""A datacentre on one Linux machine, built from a design: the world that product code is tried on.

Nothing in here is used by the stages of :mod:`rackwright.pipeline`; they speak Redfish, SSH, apt and HTTP to
whatever the cluster file points at. Start reading at :mod:`rackwright.lab.up`.
"""
