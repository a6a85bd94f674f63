"""A 32-byte secret on paper: eight groups of eight hexadecimal digits, and a ninth group that checks them.

The layout is docs/sealed-format.md, section 8.1.
"""

import re

from portal.errors import InvalidError

GROUPS, DIGITS = 8, 8
SIZE = GROUPS * DIGITS // 2

_FIELD = 0b10011
"""x^4 + x + 1: the field of sixteen elements that check digits are reckoned in."""

_BETWEEN = re.compile(r"[\s\u200b-\u200f\u00a0.,:;_-]+")
_SPELLED = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩oil", "01234567890123456789011")
_HEX = frozenset("0123456789abcdef")


class SheetError(InvalidError):
    """What was typed is no sheet; `groups` are the numbers (from 1) of the groups to look at again."""

    def __init__(self, message: str, groups: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.groups = groups


def written(secret: bytes) -> tuple[str, ...]:
    """Write 32 bytes as nine groups of eight digits. Digit i of the ninth checks group i.

    Another size raises ValueError.
    """
    if len(secret) != SIZE:
        raise ValueError("A sheet holds 32 bytes.")
    digits = secret.hex()
    groups = [digits[start : start + DIGITS] for start in range(0, len(digits), DIGITS)]
    return (*groups, "".join(_check_digit(number, group) for number, group in enumerate(groups, 1)))


def read(text: str, *, bare: bool = False) -> bytes:
    """Read a sheet however it is spaced, in capitals, or with Persian figures; or raise `SheetError`.

    One wrong digit in a group, or two that changed places, are always noticed and the group is named; any
    other slip within one group is noticed fifteen times out of sixteen. ``bare`` takes a sheet without its
    ninth group as well, such as `portal init` prints.
    """
    typed = [group for group in _BETWEEN.split(text.casefold().translate(_SPELLED)) if group]
    digits = "".join(typed)
    if not (len(digits) == (GROUPS + 1) * DIGITS or (bare and len(digits) == GROUPS * DIGITS)):
        raise _of_wrong_length(typed)
    groups = [digits[start : start + DIGITS] for start in range(0, len(digits), DIGITS)]
    foreign = tuple(number for number, group in enumerate(groups, 1) if not _HEX.issuperset(group))
    if foreign:
        raise SheetError(f"{_named(foreign)}: there is something else than 0 to 9 and a to f.", foreign)
    wrong = tuple(
        number
        for number, (group, check) in enumerate(zip(groups, "".join(groups[GROUPS:]), strict=False), 1)
        if _check_digit(number, group) != check
    )
    if wrong:
        raise SheetError(f"{_named(wrong)}: a digit is wrong there, or the ninth group is.", wrong)
    return bytes.fromhex("".join(groups[:GROUPS]))


def _check_digit(number: int, group: str) -> str:
    """Weigh each digit with another power of x, so that no exchange of two digits of a group stays hidden.

    The group's number goes in as well: groups in a wrong order rarely fit.
    """
    check = number
    for digit in group:
        check = (check ^ int(digit, 16)) << 1
        if check >> 4:
            check ^= _FIELD
    return f"{check:x}"


def _of_wrong_length(typed: list[str]) -> SheetError:
    wrong = tuple(number for number, group in enumerate(typed, 1) if len(group) != DIGITS)
    if len(typed) in {GROUPS, GROUPS + 1} and wrong:
        return SheetError(f"{_named(wrong)}: a group has 8 digits.", wrong)
    return SheetError(f"A sheet has 9 groups of 8 digits; these are {sum(map(len, typed))} digits.")


def _named(groups: tuple[int, ...]) -> str:
    return ("Group " if len(groups) == 1 else "Groups ") + ", ".join(map(str, groups))
