"""Bring the administrator's kubeconfig to this machine: mode 0600, in the cluster's state folder, never shown."""

from __future__ import annotations

import base64
from typing import Any

import yaml
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


def changed_for(text: str, server: str, name: str, cluster: str) -> str:
    """The same kubeconfig for use from the management plane: another address, checked against a name that the
    API server's certificate has."""
    # Ansible's strings carry where they came from, which YAML cannot write.
    server, name, cluster = (each.encode().decode() for each in (server, name, cluster))
    document = yaml.safe_load(text)
    for each in document["clusters"]:
        each["cluster"]["server"] = f"https://{server}"
        each["cluster"]["tls-server-name"] = name
        each["name"] = cluster
    for each in document["contexts"]:
        each["context"]["cluster"] = cluster
    return str(yaml.safe_dump(document, sort_keys=False))


class ActionModule(ActionBase):
    """Runs here; only reading is done on the server."""

    _VALID_ARGS = frozenset({"server", "name", "cluster", "state"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        from rackwright.atomic import write
        from rackwright.paths import state_dir

        result: dict[str, Any] = super().run(tmp, task_vars)
        asked = self._task.args
        path = state_dir(asked["cluster"]) / "secrets" / "kubeconfig"
        result.update(path=str(path), changed=False)
        if asked.get("state", "present") == "asked":
            return {**result, "there": path.exists()}
        if asked.get("state", "present") == "absent":
            result["changed"] = path.exists()
            if not self._task.check_mode:
                path.unlink(missing_ok=True)
            return result
        answer = self._execute_module(
            "ansible.legacy.slurp", {"src": "/etc/kubernetes/admin.conf"}, task_vars=task_vars
        )
        if "content" not in answer:
            if self._task.check_mode:
                return {**result, "changed": True}
            raise AnsibleActionFail("/etc/kubernetes/admin.conf cannot be read")
        text = base64.b64decode(answer["content"]).decode()
        wanted = changed_for(text, asked["server"], asked["name"], asked["cluster"])
        private = path.exists() and path.stat().st_mode & 0o777 == 0o600
        result["changed"] = not private or path.read_text(encoding="utf-8") != wanted
        if result["changed"] and not self._task.check_mode:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write(path, wanted, mode=0o600)
        return result
