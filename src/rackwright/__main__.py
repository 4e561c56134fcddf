"""``python -m rackwright``."""

from rackwright.cli.app import main

if __name__ == "__main__":
    main()
