"""What the ledger's acts are called in plain words."""

from typing import Any

from portal.web.locale import lazy_gettext as _l

ACTS: dict[str, Any] = {
    "case.claim": _l("took a case"),
    "case.move": _l("moved a case on"),
    "case.read": _l("opened a case"),
    "case.release": _l("gave a case back"),
    "case.take-over": _l("took a case over"),
    "consent.change": _l("changed permissions"),
    "directory.install": _l("installed a signed list of keys"),
    "directory.refused": _l("refused a list of keys that does not hold"),
    "document.read": _l("opened a document"),
    "document.receive": _l("sent a document"),
    "group.grant": _l("handed a key on"),
    "group.retire": _l("retired a group's earlier key"),
    "group.rewrap": _l("sealed keys to a group's new key"),
    "group.unwrap": _l("erased what was sealed to an earlier key"),
    "group.renew": _l("made a new key for a group"),
    "identity.read": _l("opened who the source is"),
    "instance.found": _l("founded the portal"),
    "ledger.record-again": _l("recorded rows anew"),
    "ledger.recover": _l("erased leftovers"),
    "link.add": _l("linked a case to the registry"),
    "link.take-back": _l("took a link back"),
    "mark.add": _l("marked words"),
    "mark.remove": _l("removed a mark"),
    "message.receive": _l("sent a message"),
    "message.send": _l("wrote to a source"),
    "note.add": _l("left a note"),
    "recovery.use": _l("used the recovery key"),
    "registry.add": _l("added a record"),
    "registry.edit": _l("changed a record"),
    "registry.relate": _l("related two records"),
    "registry.retract": _l("took a statement back"),
    "registry.source": _l("added a source"),
    "registry.state": _l("added a statement"),
    "release.approve": _l("approved a release"),
    "release.decline": _l("declined a release"),
    "release.download": _l("took a release away"),
    "release.fail": _l("a release failed its checks"),
    "release.preview": _l("looked at a release beforehand"),
    "release.request": _l("asked for a release"),
    "sheet.approve": _l("approved a coding sheet"),
    "sheet.return": _l("returned a coding sheet"),
    "sheet.save": _l("saved a coding sheet"),
    "sheet.submit": _l("handed in a coding sheet"),
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
