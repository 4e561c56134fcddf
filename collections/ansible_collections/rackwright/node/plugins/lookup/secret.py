"""A secret by its reference, for a task under C(no_log)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

DOCUMENTATION = r"""
name: secret
short_description: A secret by its reference
description: Turns C(state:NAME), C(file:PATH) or C(env:NAME) into the value, on the controller. Use it in tasks with
  C(no_log) only.
options:
  _terms:
    description: References.
    required: true
  cluster:
    description: Whose state folder.
    required: true
    type: str
  folder:
    description: Folder of the cluster file.
    required: true
    type: path
author: rackwright
"""

EXAMPLES = r"""
- name: Write the key
  rackwright.node.files:
    files: [{path: /etc/a, content: "{{ lookup('rackwright.node.secret', 'state:a', cluster='lab', folder='/x') }}"}]
  no_log: true
"""

RETURN = r"""
_raw: {description: The values., type: list}
"""


class LookupModule(LookupBase):
    """Resolves with rackwright's own code, so that a reference means one thing everywhere."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        from rackwright.errors import UsageError
        from rackwright.paths import state_dir
        from rackwright.secrets import resolve

        self.set_options(var_options=variables, direct=kwargs)
        state, file = state_dir(self.get_option("cluster")), Path(self.get_option("folder")) / "cluster.yaml"
        try:
            return [resolve(term, file, state).reveal() for term in terms]
        except UsageError as problem:
            raise AnsibleLookupError(str(problem)) from problem
