"""Write a set of files in one round trip; each is checked before it takes its place."""

from __future__ import annotations

import glob
import os
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: files
short_description: A set of files, each checked before it is put in place
description: Writes every file whose content, mode or owner differs; prints a diff for each; removes what
  is stale.
options:
  files:
    description: The files to have.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path.
        type: path
        required: true
      content:
        description: Whole text; not needed where the file is to be absent.
        type: str
        default: ''
      mode:
        description: Octal mode.
        type: str
        default: '0644'
      validate:
        description: Command that accepts the new file; C(%s) is its path.
        type: str
      state:
        description: Whether the file is to be there.
        type: str
        choices: [present, absent]
        default: present
  exclusive:
    description: Patterns among which files of ours that are not in O(files) are removed.
    type: list
    elements: str
    default: []
  marker:
    description: First words of a file of ours; others are never removed.
    type: str
    default: ''
author: rackwright
"""

EXAMPLES = r"""
- name: Write the daemon's configuration
  rackwright.node.files:
    files: [{path: /etc/a.conf, content: "x=1\n", validate: "a --check %s"}]
"""

RETURN = r"""
written: {description: Paths that were (or would be) written., type: list, returned: always}
removed: {description: Paths that were (or would be) removed., type: list, returned: always}
"""

HAVE_DIRECTORY = 0o755
OPTIONS = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "default": ""},
    "mode": {"type": "str", "default": "0644"},
    "validate": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def found(path: str) -> tuple[str | None, int | None]:
    """Content and mode of a file; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        return text, os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        return None, None


def checked(module: AnsibleModule, item: dict[str, Any], temporary: str) -> None:
    """Ask the daemon itself whether it accepts the file."""
    if not item.get("validate"):
        return
    command = item["validate"].replace("%s", temporary)
    rc, out, err = module.run_command(command)
    if rc != 0:
        module.fail_json(msg=f"{item['path']}: refused by {item['validate']}: {(err or out).strip()}")


def put(module: AnsibleModule, item: dict[str, Any]) -> None:
    """Whole or not at all, and on disk before it counts."""
    folder = os.path.dirname(item["path"])
    os.makedirs(folder, mode=HAVE_DIRECTORY, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".rackwright-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(item["content"])
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, int(item["mode"], 8))
        checked(module, item, temporary)
        os.replace(temporary, item["path"])
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def stale(patterns: list[str], marker: str, wanted: set[str]) -> list[str]:
    """Files of ours that nobody wants any more."""
    paths = {path for pattern in patterns for path in glob.glob(pattern)} - wanted
    return sorted(path for path in paths if marker and (found(path)[0] or "").startswith(marker))


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "required": True, "options": OPTIONS},
            "exclusive": {"type": "list", "elements": "str", "default": []},
            "marker": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    diffs, written = [], []
    wanted = [item for item in module.params["files"] if item["state"] == "present"]
    unwanted = [item["path"] for item in module.params["files"] if item["state"] == "absent"]
    for item in wanted:
        text, mode = found(item["path"])
        if text == item["content"] and mode == int(item["mode"], 8):
            continue
        written.append(item["path"])
        before = "" if text is None else text
        diff = {"before_header": item["path"], "after_header": item["path"]}
        if before == item["content"]:
            diff.update(before=f"mode {mode or 0:04o}\n", after=f"mode {item['mode']}\n")
        else:
            diff.update(before=before, after=item["content"])
        diffs.append(diff)
        if not module.check_mode:
            put(module, item)
    ours = stale(module.params["exclusive"], module.params["marker"], {item["path"] for item in wanted})
    removed = sorted({*ours, *(path for path in unwanted if os.path.lexists(path))})
    for path in removed:
        diffs.append(
            {"before_header": path, "after_header": "/dev/null", "before": found(path)[0] or "", "after": ""}
        )
        if not module.check_mode:
            os.unlink(path)
            folder = os.path.dirname(path)
            if folder.endswith(".service.d") and not os.listdir(folder):
                os.rmdir(folder)
    changed = bool(written or removed)
    module.exit_json(changed=changed, written=written, removed=removed, diff=diffs)


if __name__ == "__main__":
    main()
