"""Exact discrete Laplace noise: integers alone are drawn and compared, so no rounding gives a value away.

Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020), algorithms 1
and 2. Noise made with floating-point numbers breaks the promise it is made for (Mironov, CCS 2012).
"""

import secrets
from collections.abc import Callable
from fractions import Fraction

from portal.errors import InvalidError

Below = Callable[[int], int]
"""Draws one of 0 to n - 1, each as likely, like `secrets.randbelow`."""

AT_ONCE = Fraction(1, 2)
"""The most that one table may tell."""
FINEST = 100
"""An epsilon is a whole number of hundredths, so that people can add them up."""


def epsilon_of(hundredths: int) -> Fraction:
    """Return an epsilon that may be asked for; raises `InvalidError`."""
    epsilon = Fraction(hundredths, FINEST)
    if not 0 < epsilon <= AT_ONCE:
        raise InvalidError("A table may tell between 0.01 and 0.5.")
    return epsilon


def discrete_laplace(epsilon: Fraction, *, below: Below = secrets.randbelow) -> int:
    """Draw an integer n with probability proportional to exp(-epsilon |n|).

    Added to a count that one unit changes by at most 1, it makes that count epsilon-differentially private.
    """
    if epsilon <= 0:
        raise InvalidError("Noise needs an epsilon above zero.")
    s, t = epsilon.numerator, epsilon.denominator
    while True:
        u = below(t)
        if not _exp_minus(u, t, below):
            continue
        v = 0
        while _exp_minus(1, 1, below):
            v += 1
        size, negative = (u + t * v) // s, below(2) == 1
        if size or not negative:
            return -size if negative else size


def _exp_minus(numerator: int, denominator: int, below: Below) -> bool:
    """Draw true with probability exp(-numerator / denominator), for a fraction of 0 to 1."""
    k = 1
    while below(denominator * k) < numerator:
        k += 1
    return k % 2 == 1


def farthest(epsilon: Fraction, *, share: Fraction) -> int:
    """Return the least w so that noise lies within -w to w with at least the probability ``share``."""
    # P(|n| > w) = 2 q^(w+1) / (1 + q) with q = exp(-epsilon); the power is compared in floating point, since
    # this is told to readers and nothing secret rests on it.
    q = 2.718281828459045 ** -float(epsilon)
    w = 0
    while 2 * q ** (w + 1) / (1 + q) > 1 - float(share):
        w += 1
    return w
