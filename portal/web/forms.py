"""The form that every feature's forms grow from."""

from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from portal.web import freshness
from portal.web.locale import gettext, ngettext

__all__ = ["PortalForm", "SelectChoice", "normal_lines"]


class _Translations:
    """WTForms' own messages go through our catalogues."""

    gettext = staticmethod(gettext)

    @staticmethod
    def ngettext(singular: str, plural: str, n: int) -> str:
        # Where WTForms counts letters, it fills places of its own in what it gets back.
        if "%(max)d" in singular:
            return gettext("Please make it shorter.")
        if "%(value)s" in singular:
            return gettext("Choose one of the answers.")
        return ngettext(singular, plural, n)


class PortalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A form whose texts are ours, in the reader's language."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # as above
        """Hooks the catalogues in, and what was typed before a proof was asked for."""

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Return what was sent; on a page that a proof led back to, what was typed there before."""
            sent = super().wrap_formdata(form, formdata)
            return freshness.kept() if sent is None and formdata is _Auto else sent

        def get_translations(self, form: Any) -> Any:
            """Return our catalogues instead of WTForms' own."""
            del form
            return _Translations()


def normal_lines(text: str) -> str:
    """Fold CRLF to LF, once, before anything is sealed; nothing else of a source's words is touched."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
