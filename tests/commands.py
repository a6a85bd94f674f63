"""Every command of the program, as it is typed."""

from collections.abc import Iterator

import click

from portal.cli import main


def commands(command: click.Command = main, name: str = "portal") -> Iterator[tuple[str, click.Command]]:
    """Give each command with its name, groups before what is in them."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for one in command.list_commands(context):
            below = command.get_command(context, one)
            assert below is not None, one
            yield from commands(below, f"{name} {one}")


def typed() -> list[str]:
    """Every command that does something, as it is typed."""
    return [name for name, command in commands() if not isinstance(command, click.Group)]
