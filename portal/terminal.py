"""What commands have in common: the environment, their options, and how problems are told."""

import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from portal.errors import PortalError

P = ParamSpec("P")
R = TypeVar("R")

INSTANCE = click.option(
    "--instance",
    type=click.Path(path_type=Path, file_okay=False),
    help="The instance folder; else PORTAL_INSTANCE.",
)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the portal's own errors into one line that says what to do."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PortalError as problem:
            raise click.ClickException(str(problem) or type(problem).__name__) from None

    return told


def environ() -> Mapping[str, str]:
    """Return the environment; whoever starts a command is the only one who sets it."""
    return os.environ
