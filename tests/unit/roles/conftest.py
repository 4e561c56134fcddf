"""Modules are imported as Ansible does: from the repository's own collections folder."""

import sys

from rackwright.paths import home

sys.path.insert(0, str(home() / "collections"))
