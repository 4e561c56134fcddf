"""Makes ``world`` here, and the fakes of the resources' tests, importable by their names."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "resources")]
