"""Noise follows the exact distribution, draws integers alone, and says how far it reaches."""

import math
from collections import Counter
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.errors import InvalidError
from portal.release.laplace import discrete_laplace, farthest

EPSILONS = [Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3, 7), Fraction(1, 10)]


def mass(epsilon: Fraction, n: int) -> float:
    q = math.exp(-float(epsilon))
    return (1 - q) / (1 + q) * q ** abs(n)


@pytest.mark.parametrize("epsilon", EPSILONS, ids=str)
def test_draws_follow_the_distribution(epsilon: Fraction) -> None:
    """Pearson's chi-squared over the cells with an expectation above ten, at one in a million."""
    chance, draws = Random(1988), 40_000  # noqa: S311 - the same draws every time
    seen = Counter(discrete_laplace(epsilon, below=chance.randrange) for _ in range(draws))
    cells = [n for n in range(-400, 401) if mass(epsilon, n) * draws > 10]
    rest = draws - sum(seen[n] for n in cells)
    expected = draws - sum(mass(epsilon, n) * draws for n in cells)
    chi = sum((seen[n] - mass(epsilon, n) * draws) ** 2 / (mass(epsilon, n) * draws) for n in cells)
    chi += (rest - expected) ** 2 / expected
    free = len(cells)
    # Wilson and Hilferty (1931): a cube root of chi-squared is nearly normal.
    normal = ((chi / free) ** (1 / 3) - (1 - 2 / (9 * free))) / math.sqrt(2 / (9 * free))
    assert normal < 4.75


def test_a_wrong_scale_is_noticed_by_that_test() -> None:
    """What would pass whatever is drawn would show nothing."""
    chance = Random(1988)  # noqa: S311
    seen = Counter(discrete_laplace(Fraction(21, 20), below=chance.randrange) for _ in range(40_000))
    cells = range(-6, 7)
    chi = sum((seen[n] - mass(Fraction(1), n) * 40_000) ** 2 / (mass(Fraction(1), n) * 40_000) for n in cells)
    assert chi > 60


@settings(max_examples=60)
@given(st.fractions(Fraction(1, 50), 5, max_denominator=60), st.integers(0, 2**32))
def test_only_integers_are_ever_drawn(epsilon: Fraction, seed: int) -> None:
    chance = Random(seed)  # noqa: S311

    def below(n: int) -> int:
        assert isinstance(n, int)
        assert n > 0
        return chance.randrange(n)

    assert isinstance(discrete_laplace(epsilon, below=below), int)


@pytest.mark.parametrize("epsilon", [Fraction(0), Fraction(-1)])
def test_noise_without_an_epsilon_is_refused(epsilon: Fraction) -> None:
    with pytest.raises(InvalidError):
        discrete_laplace(epsilon)


@pytest.mark.parametrize("epsilon", EPSILONS, ids=str)
@pytest.mark.parametrize("share", [Fraction(1, 2), Fraction(95, 100), Fraction(97, 100)], ids=str)
def test_how_far_noise_reaches_is_what_the_sum_says(epsilon: Fraction, share: Fraction) -> None:
    width = farthest(epsilon, share=share)
    inside = lambda w: sum(mass(epsilon, n) for n in range(-w, w + 1))  # noqa: E731
    assert inside(width) >= share - Fraction(1, 10**9)
    assert not width or inside(width - 1) < share


def test_at_epsilon_one_ninety_seven_of_a_hundred_lie_within_three() -> None:
    assert farthest(Fraction(1), share=Fraction(97, 100)) == 3
