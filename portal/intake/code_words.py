"""What is said about a private code that was typed: what is wrong with it, and which word it may be."""

from collections.abc import Sequence

from portal.vault import receipt as receipts
from portal.vault.receipt import Fault, Receipt, ReceiptError
from portal.web.locale import gettext as _
from portal.web.locale import number


def wrong_words(typed: str, receipt: Receipt) -> str:
    """Return what is not right in the typed words, or nothing."""
    if not typed.strip():
        return _("Type the nine words, with a space between them.")
    wrong = receipts.compare(typed, receipt)
    if not wrong:
        return ""
    if receipts.WORDS // 2 < receipts.count(typed) != receipts.WORDS:
        return _("We count %(count)s words; there should be nine.", count=number(receipts.count(typed)))
    if len(wrong) == receipts.WORDS:
        return _("These are not the nine words of the page before. Look at them once more.")
    if _changed_places(typed.split(), wrong, receipt):
        return _(
            "Perhaps words number %(one)s and %(other)s have changed places.",
            one=number(wrong[0]),
            other=number(wrong[1]),
        )
    *first, last = [number(place) for place in wrong]
    places = _(" and ").join([_(", ").join(first), last]) if first else last
    return _("Look again at word number %(places)s.", places=places)


def _changed_places(words: list[str], wrong: Sequence[int], receipt: Receipt) -> bool:
    """Tell whether two words, counted from one, are right once they have changed places."""
    match wrong:
        case [one, other] if len(words) == receipts.WORDS:
            words[one - 1], words[other - 1] = words[other - 1], words[one - 1]
            return not receipts.compare(" ".join(words), receipt)
    return False


def problem_with(problem: ReceiptError) -> list[str]:
    """Say in plain words what is wrong with a typed receipt, and which word it may be, line by line."""
    if problem.kind is Fault.EMPTY:
        return [_("Type your nine words, with a space between them.")]
    if problem.kind is Fault.UNKNOWN_WORD:
        lines = []
        for place in problem.unknown:
            near = _(" or ").join(problem.near.get(place, ()))
            if near:
                lines.append(
                    _(
                        "Word number %(place)s is not one of ours. Is it %(near)s?",
                        place=number(place),
                        near=near,
                    )
                )
            else:
                lines.append(_("Word number %(place)s is not one of ours.", place=number(place)))
        return lines
    if problem.kind is Fault.COUNT:
        return [_("We count %(count)s words; there should be nine.", count=number(problem.count))]
    said = []
    for place, words in problem.near.items():
        near = _(" or ").join(words)
        said.append(_("Perhaps word number %(place)s is %(near)s.", place=number(place), near=near))
    said += [
        _(
            "Perhaps words number %(one)s and %(other)s have changed places.",
            one=number(place),
            other=number(place + 1),
        )
        for place in problem.swapped
    ]
    if not said:
        return [_("One of the words is not right, or two have changed places. Compare them with your note.")]
    # What it may be comes first: whoever finds the slip in it need not read on.
    return [*said, _("If it is not that, compare the words with your note, one by one.")]
