"""Choosing a passphrase on a page: words drawn in a language, or one's own; without scripts, by links."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from portal.errors import InvalidError
from portal.staff import passphrases
from portal.staff.forms import ChoiceForm, typed
from portal.staff.joining import OWN, drawn, same
from portal.web.languages import FINISHED
from portal.web.locale import gettext as _
from portal.web.locale import language


@dataclass(frozen=True)
class Choice:
    """Which kind of passphrase the page asks for."""

    kind: str

    @classmethod
    def asked(cls) -> "Choice":
        """Return the kind in the address; else words in the language of the page."""
        kind = request.args.get("kind", "")
        return cls(kind if kind in {*FINISHED, OWN} else language())

    @property
    def own(self) -> bool:
        """Tell whether the person thinks of a passphrase themselves."""
        return self.kind == OWN

    def words(self) -> list[str]:
        """Return the words to be written down; none for one's own."""
        return [] if self.own else drawn(self.kind).split()

    def ways(self, endpoint: str) -> list[dict[str, Any]]:
        """Return the links to each kind, for the page to show."""
        words = {"fa": _("Seven words in Persian"), "en": _("Seven words in English")}
        labels = {kind: words[kind] for kind in FINISHED} | {OWN: _("My own passphrase")}
        return [
            {"label": label, "url": url_for(endpoint, kind=kind), "current": kind == self.kind}
            for kind, label in labels.items()
        ]

    def fill(self, form: ChoiceForm) -> None:
        """Ask in the form for what this kind needs."""
        if not self.own:
            form.for_words()

    def holds(self, form: ChoiceForm, *, name: str) -> bool:
        """Tell whether the new passphrase may be taken; say beside the field what to do if not."""
        new = typed(form.passphrase)
        if not self.own:
            if same(drawn(self.kind), new):
                return True
            form.passphrase.errors = [_("These are not the seven words above. Compare them one by one.")]
            return False
        try:
            passphrases.check(new, name=name)
        except InvalidError as problem:
            form.passphrase.errors = [_(str(problem))]
            return False
        return form.agree()
