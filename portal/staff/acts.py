"""What the ledger's acts are called in plain words."""

from typing import Any

from portal.web.locale import lazy_gettext as _l

ACTS: dict[str, Any] = {
    "case.approve": _l("approved a coding sheet"),
    "case.claim": _l("took a case"),
    "case.move": _l("moved a case on"),
    "case.read": _l("opened a case"),
    "case.release": _l("gave a case back"),
    "consent.change": _l("changed permissions"),
    "document.read": _l("opened a document"),
    "document.receive": _l("sent a document"),
    "group.grant": _l("handed a key on"),
    "identity.read": _l("opened who the source is"),
    "instance.found": _l("founded the portal"),
    "message.receive": _l("sent a message"),
    "message.send": _l("wrote to a source"),
    "staff.end": _l("ended someone's access"),
    "staff.invite": _l("invited someone"),
    "staff.join": _l("joined"),
    "staff.sign-in": _l("signed in"),
    "staff.uninvite": _l("withdrew an invitation"),
    "submission.receive": _l("sent an account"),
    "submission.withdraw": _l("took an account back"),
}


def label_of(act: str) -> Any:
    """Return the act in words, or its name where it has none yet."""
    return ACTS.get(act, act)
