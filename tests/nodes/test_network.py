"""The network in use: sessions, rails, MTU, planes that may and may not talk."""


def test_sessions_are_up(judge):
    judge("sessions")


def test_probes_find_rails_mtu_and_planes_as_designed(judge):
    judge("probing")
