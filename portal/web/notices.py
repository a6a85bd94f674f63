"""What a page says once, on top, after something was done on another."""

from flask import flash

DONE, NOTE = "done", "note"


def done(message: str) -> None:
    """Say on the next page that something was done; it waits in the sealed session and is shown once."""
    flash(message, DONE)


def notice(message: str) -> None:
    """Say on the next page that something is still to be done."""
    flash(message, NOTE)
