"""A server's member of etcd, taken out from another control-plane server."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils import etcd
from ansible_collections.rackwright.node.plugins.module_utils.kubectl import Refused

DOCUMENTATION = r"""
module: etcd_member
short_description: A member of etcd that is gone
description:
  - Runs on a control-plane server that stays. A member that etcd does not know is gone already.
  - Refuses where too few of the others answer to have a majority without it, since etcd would stop for good.
options:
  name:
    description: Of the server whose member goes.
    type: str
    required: true
  peer:
    description: Its peer URL.
    type: str
    required: true
author: rackwright
"""

EXAMPLES = r"""
- name: Take it out
  rackwright.node.etcd_member: {name: control-03, peer: "https://10.0.0.3:2380"}
  delegate_to: control-01
"""

RETURN = r"""
actions: {description: What was (or would be) done., type: list, returned: always}
"""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "peer": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        done = etcd.remove(module, module.params["name"], module.params["peer"])
    except Refused as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=bool(done), actions=done)


if __name__ == "__main__":
    main()
