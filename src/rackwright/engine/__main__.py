"""``python -m rackwright.engine up --project-dir stacks/fabric --stack lab.core``: the in-process engine."""

from rackwright.engine.command import main
from rackwright.engine.operation import run

if __name__ == "__main__":
    main(run)
