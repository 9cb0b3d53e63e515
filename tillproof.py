"""The ``tillproof`` command: the packages' commands, found through entry points, under one name.

Each package's ``cli.py`` offers ``register(root)``; nothing heavy is imported before a command runs.
"""

from importlib.metadata import entry_points

import typer

GROUP = "tillproof.commands"
ORDER = ("scenarios", "sync", "monitor", "fakes")


def build() -> typer.Typer:
    """Assemble the root command from every installed package's ``register``."""
    root = typer.Typer(
        name="tillproof",
        help="Carries every eligible shop sale to Klaviyo exactly once, and proves it.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        rich_markup_mode=None,
    )
    found = sorted(
        entry_points(group=GROUP), key=lambda e: (ORDER.index(e.name) if e.name in ORDER else 99, e.name)
    )
    for entry in found:
        entry.load()(root)
    return root


def main() -> None:
    """Run the command line."""
    build()()
