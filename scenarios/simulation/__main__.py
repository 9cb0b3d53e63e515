"""`python -m scenarios.simulation`: the command on its own, for a tree that is not installed."""

import typer

from scenarios.simulation.cli import simulate

if __name__ == "__main__":
    typer.run(simulate)
