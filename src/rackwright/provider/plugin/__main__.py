"""What Pulumi starts: ``python . <address of its engine>``."""

from __future__ import annotations

import sys
from pathlib import Path

try:
    from rackwright.provider.server import main
except ImportError:  # a checkout whose package is not installed in this environment
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from rackwright.provider.server import main

if __name__ == "__main__":
    main(sys.argv[1:])
