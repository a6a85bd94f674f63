"""``portal demo``."""

from pathlib import Path

import click

from portal.demo import run as demonstration
from portal.terminal import plainly


@click.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make this folder the instance and leave it.",
)
@click.option(
    "--port", default=8000, show_default=True, help="Port of the public side; 0 chooses a free one."
)
@click.option("--desk-port", default=8001, show_default=True, help="Port of the desk; 0 chooses a free one.")
@plainly
def demo(keep: Path | None, port: int, desk_port: int) -> None:
    """Show the whole portal with invented accounts, on this machine only."""
    try:
        demonstration.run(keep=keep, ports=demonstration.Ports(port, desk_port), say=click.echo)
    except (OSError, SystemExit) as problem:
        raise click.ClickException(
            f"The demonstration could not start: {problem}. Try other ports."
        ) from None
