"""A policy says what may leave; all else stays."""

import math
from collections.abc import Callable

import pytest

from portal.errors import InvalidError
from portal.release.hierarchies import relation
from portal.release.policy import Column, ColumnRole, Policy


def test_no_policy_asks_for_fewer_than_five_families(testimony_policy: Callable[..., Policy]) -> None:
    assert testimony_policy().k == 11
    assert testimony_policy(k=5).k == 5
    with pytest.raises(InvalidError):
        testimony_policy(k=4)


@pytest.mark.parametrize("share", [-0.01, 0.11, math.nan])
def test_no_policy_leaves_out_more_than_a_tenth(
    share: float, testimony_policy: Callable[..., Policy]
) -> None:
    assert testimony_policy().suppression == 0.05
    assert testimony_policy(suppression=0.1).suppression == 0.1
    with pytest.raises(InvalidError):
        testimony_policy(suppression=share)


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": ColumnRole.QUASI},
        {"role": ColumnRole.PLAIN, "values": frozenset({"a"}), "hierarchy": relation()},
        {"role": ColumnRole.PLAIN},
        {"role": ColumnRole.SENSITIVE},
        {"role": ColumnRole.DROP, "values": frozenset({"a"})},
        {"role": ColumnRole.QUASI, "hierarchy": relation(), "values": frozenset({"a"})},
        {"role": ColumnRole.QUASI, "hierarchy": relation(), "coarsest": 3},
        {"role": ColumnRole.QUASI, "hierarchy": relation(), "coarsest": -1},
        {"role": ColumnRole.DROP, "coarsest": 1},
    ],
)
def test_a_column_that_does_not_fit_its_role_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidError):
        Column(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("promise", [{"l": 0}, {"t": 0}, {"t": 1.1}, {"t": math.nan}])
def test_no_policy_promises_what_cannot_be(
    promise: dict[str, float], testimony_policy: Callable[..., Policy]
) -> None:
    with pytest.raises(InvalidError):
        testimony_policy(**promise)


def test_a_release_without_columns_or_with_its_own_record_column_is_refused() -> None:
    with pytest.raises(InvalidError):
        Policy("1", {"name": Column(ColumnRole.DROP)})
    with pytest.raises(InvalidError):
        Policy("1", {"record": Column(ColumnRole.QUASI, relation())})


def test_columns_keep_the_order_of_the_policy(testimony_policy: Callable[..., Policy]) -> None:
    policy = testimony_policy()
    assert policy.released == ("relation", "prison", "month", "reprisal", "language")
    assert list(policy.quasi) == ["relation", "prison", "month"]
    assert policy.ceiling == (2, 3, 3)
    lower = Policy("1", {"relation": Column(ColumnRole.QUASI, relation(), coarsest=0)})
    assert lower.ceiling == (0,)
