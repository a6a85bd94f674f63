"""How much of the accounts noisy tables may tell in all: an account book that is only ever written on.

The epsilons of all tables of a dataset add up (Dwork and Roth, 2014, theorem 3.16). A table is charged
before its noise is drawn and in the same transaction, so nothing leaves that was not paid for; what was paid
is never given back, and no clock refills it. Sums are those of fractions, so they are exact.
"""

from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.database import PortalSession
from portal.errors import InvalidError, StaleError
from portal.release.laplace import FINEST, epsilon_of
from portal.release.models import BudgetCharge

LIFETIME = Fraction(3)
"""The most that all tables together may tell."""

_USED_UP = "The budget does not suffice for this table. Nothing refills it: ask for less, or for no table."
_TOGETHER = "Another table was paid for at this moment. Look again at what is left."
_PAID = "This table was paid for already."


@dataclass(frozen=True)
class Balance:
    """What was spent and what is left, as exact fractions."""

    spent: Fraction
    tables: int

    @property
    def left(self) -> Fraction:
        """What all tables to come may still tell."""
        return LIFETIME - self.spent


def balance(session: PortalSession) -> Balance:
    """Read the book."""
    rows = session.scalars(select(BudgetCharge).execution_options(populate_existing=True)).all()
    return Balance(sum((Fraction(one.hundredths, FINEST) for one in rows), Fraction()), len(rows))


def charge(session: PortalSession, *, release_id: UUID, hundredths: int) -> Balance:
    """Write a table down before its noise is drawn; returns what is left after it.

    Charges are numbered without a gap and a number is taken once, so of two that read the same balance only
    one is written: the other gets `StaleError`. `InvalidError` when the budget does not suffice, or when the
    table was paid for.
    """
    epsilon, before = epsilon_of(hundredths), balance(session)
    if epsilon > before.left:
        raise InvalidError(_USED_UP)
    if session.get(BudgetCharge, release_id) is not None:
        raise InvalidError(_PAID)
    row = BudgetCharge(
        release_id=release_id, number=before.tables + 1, hundredths=hundredths, day=session.today
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise StaleError(_TOGETHER) from None
    return balance(session)
