"""The few kinds of failure that people and pages need to tell apart."""


class PortalError(Exception):
    """Something was refused or could not be done; the transaction is rolled back."""


class NotFoundError(PortalError):
    """There is no such thing, or none that this person may know of."""


class RefusedError(PortalError):
    """Not for this person to do."""


class KeylessError(RefusedError):
    """Refused only until somebody hands this person a key."""


class StaleError(PortalError):
    """Somebody else was first, or the page was opened before a change."""


class InvalidError(PortalError):
    """What was sent cannot be taken as it stands; the text says what to do."""


class UnavailableError(PortalError):
    """Something that the portal needs is missing or full; nothing was lost."""
