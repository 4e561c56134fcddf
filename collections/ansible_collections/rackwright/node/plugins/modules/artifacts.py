"""Programs by digest: fetched whole or not at all, and nothing takes its place whose digest differs."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.rackwright.node.plugins.module_utils.kept import CHUNK, digest

DOCUMENTATION = r"""
module: artifacts
short_description: Programs by digest
description: Fetches each file whose content on this machine has another SHA-256 than asked for, checks it,
  and puts it in its place in one step.
options:
  files:
    description: The files to have.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it lies on this machine.
        type: path
        required: true
      url:
        description: Where it is fetched from.
        type: str
        default: ''
      sha256:
        description: Of the whole file.
        type: str
        default: ''
      mode:
        description: Octal mode.
        type: str
        default: '0755'
      state:
        description: Whether the file is to be there.
        type: str
        choices: [present, absent]
        default: present
  timeout:
    description: Seconds that the other side may be silent.
    type: int
    default: 30
author: rackwright
"""

EXAMPLES = r"""
- name: Install kubeadm
  rackwright.node.artifacts:
    files: [{path: /usr/bin/kubeadm, url: "http://depot/kubeadm", sha256: 429f...}]
"""

RETURN = r"""
written: {description: Paths that were (or would be) written., type: list, returned: always}
removed: {description: Paths that were (or would be) removed., type: list, returned: always}
"""


def sha256_of(path: str) -> str | None:
    """Digest of a file; None where there is none."""
    try:
        return digest(path)
    except FileNotFoundError:
        return None


def fetch(item: dict[str, Any], timeout: int) -> None:
    """Fetch one file.

    :raises ValueError: the bytes are others, or the other side did not give them.
    """
    folder = os.path.dirname(item["path"])
    os.makedirs(folder, mode=0o755, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".rackwright-")
    total = hashlib.sha256()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with os.fdopen(handle, "wb") as file, opener.open(item["url"], timeout=timeout) as answer:
            while data := answer.read(CHUNK):
                total.update(data)
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if total.hexdigest() != item["sha256"]:
            raise ValueError(f"{item['url']}: found sha256 {total.hexdigest()}, expected {item['sha256']}")
        os.chmod(temporary, int(item["mode"], 8))
        os.replace(temporary, item["path"])
    except (OSError, urllib.error.URLError) as problem:
        raise ValueError(f"{item['url']}: {problem}") from problem
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def main() -> None:
    options = {
        "path": {"type": "path", "required": True},
        "url": {"type": "str", "default": ""},
        "sha256": {"type": "str", "default": ""},
        "mode": {"type": "str", "default": "0755"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "required": True, "options": options},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    written: list[str] = []
    removed: list[str] = []
    wrong: list[str] = []
    for item in module.params["files"]:
        if item["state"] == "absent":
            if os.path.lexists(item["path"]):
                removed.append(item["path"])
                if not module.check_mode:
                    os.unlink(item["path"])
        elif sha256_of(item["path"]) != item["sha256"]:
            written.append(item["path"])
            try:
                if not module.check_mode:
                    fetch(item, module.params["timeout"])
            except ValueError as problem:
                wrong.append(str(problem))
    if wrong:
        module.fail_json(msg="\n".join(wrong))
    module.exit_json(changed=bool(written or removed), written=written, removed=removed)


if __name__ == "__main__":
    main()
