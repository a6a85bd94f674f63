"""``portal ...``: everything that is done from a terminal."""

import os
from importlib import import_module

import click

_WHERE = {
    "db": "running_cli",
    "demo": "demo.command",
    "directory": "founding_cli",
    "init": "founding_cli",
    "ledger": "ledger_cli",
    "recovery": "founding_cli",
    "registry": "registry_cli",
    "release": "release_cli",
    "root": "founding_cli",
    "run": "running_cli",
    "sweep": "running_cli",
    "verify": "verify_cli",
    "witness": "witness_cli",
}


class _Commands(click.Group):
    """Loads a command when it is asked for: a small one does not wait for the whole program."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(_WHERE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _WHERE:
            return None
        command = getattr(import_module(f"portal.{_WHERE[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="testimony-portal")
def main() -> None:
    """Run the testimony portal."""
    os.umask(0o077)
