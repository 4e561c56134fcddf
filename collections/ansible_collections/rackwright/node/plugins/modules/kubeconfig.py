"""Documentation of the action of this name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubeconfig
short_description: The administrator's kubeconfig in the cluster's state folder
description: Reads C(/etc/kubernetes/admin.conf) on a control-plane server and keeps it on the controller as
  C(secrets/kubeconfig) of the cluster's state, mode 0600, for use from the management plane. Its content is in no
  result.
options:
  server:
    description: Address and port of the API server as the controller reaches it.
    type: str
    default: ''
  name:
    description: A name that the API server's certificate has.
    type: str
    default: ''
  cluster:
    description: Whose state folder.
    type: str
    required: true
  state:
    description: C(absent) takes it away; C(asked) only says whether it is there.
    type: str
    choices: [present, absent, asked]
    default: present
author: rackwright
"""

EXAMPLES = r"""
- name: Keep the way in
  rackwright.node.kubeconfig: {server: "10.112.0.5:6443", name: control-01, cluster: lab}
"""

RETURN = r"""
path: {description: Where it is kept., type: str, returned: always}
there: {description: Whether there is one., type: bool, returned: asked}
"""
