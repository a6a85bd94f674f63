"""What the weights of evidence come from, and what they do: invented persons, told of in accounts.

    python tests/benchmarks/evidence.py [--persons 4000] [--accounts 600]

Persons are made of common name parts, two to four of each name. Each has a father, a home town, a prison, a
year of birth and a month of death; the registry leaves some of these out (ASSUMED, "unknown"). An account of
a person names some of these (ASSUMED, "named"), at times wrongly ("wrong"), in Persian or in Latin letters.

How to read it. For each sort of evidence, ``m`` is how often it was seen on the person who was meant, ``u``
how often on others of that name; ``bits`` is log2(m/u), and ``used`` the mean weight that
`portal.linking.evidence` gave. ``first_by_name`` and ``first`` are the shares of accounts whose person came
first by the name alone (of equals, by chance) and with all evidence. The shares of ASSUMED are assumptions,
not measurements; they wait for reviewers' own decisions, 500 at least.
"""

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from linking.names import invent, parts

from portal.linking.account import Account
from portal.linking.evidence import Facts, Sort, Stretch, total, weigh
from portal.linking.matching import NameIndex
from portal.registry.vocabulary import Sex

ASSUMED = {
    "unknown": {"father": 0.4, "home": 0.5, "place": 0.3, "birth": 0.6, "death": 0.2},
    "named": {"father": 0.35, "home": 0.3, "place": 0.7, "age": 0.3, "date": 0.7, "sex": 0.6},
    "wrong": {"father": 0.03, "home": 0.05, "place": 0.1, "age": 0.1, "date": 0.15, "sex": 0.005},
}
TOWNS = (("شیراز", "Shiraz"), ("آبادان", "Abadan"), ("رشت", "Rasht"), ("سنندج", "Sanandaj"),
         ("تبریز", "Tabriz"), ("مشهد", "Mashhad"), ("اهواز", "Ahvaz"),
         ("کرمانشاه", "Kermanshah"))  # fmt: skip
PRISONS = (("اوین", "Evin"), ("گوهردشت", "Gohardasht"), ("عادل‌آباد", "Adelabad"), ("وکیل‌آباد", "Vakilabad"),
           ("دیزل‌آباد", "Dizelabad"), ("قزل‌حصار", "Qezel Hesar"))  # fmt: skip
MONTHS = (("تیر", "Tir"), ("مرداد", "Mordad"), ("شهریور", "Shahrivar"), ("مهر", "Mehr"))


@dataclass(frozen=True)
class Made:
    """An invented person; pairs are (Persian, Latin)."""

    name: tuple[str, str]
    sex: Sex
    father: tuple[str, str]
    home: tuple[str, str]
    prison: tuple[str, str]
    born: int
    month: int


def people(count: int, random: Random) -> list[Made]:
    """Invent persons, two to four of each name."""
    given, _ = parts()
    named = [one for one in invent(count // 2, random) for _ in range(random.choice((2, 2, 3, 4)))]
    made = [
        Made(
            (one.written(0), one.written(1)),
            Sex.MALE if random.random() < 0.85 else Sex.FEMALE,
            random.choice(given),
            random.choice(TOWNS),
            random.choice(PRISONS),
            random.randrange(1325, 1349),
            # Most died in two months of one summer: dates that meet say less than they seem to.
            random.choices(range(4), (1, 6, 3, 1))[0],
        )
        for one in named
    ]
    return made[:count]


def kept(one: Made, random: Random) -> Facts:
    """Write a person into the registry, leaving out what nobody told it."""

    def known(what: str) -> bool:
        return random.random() >= ASSUMED["unknown"][what]

    begins = 92 + 31 * one.month
    death = date.fromordinal(date(1988, 3, 20).toordinal() + begins + 1)
    return Facts(
        sex=one.sex,
        father=random.choice(one.father) if known("father") else "",
        home=random.choice(one.home) if known("home") else "",
        places=[[*one.prison]] if known("place") else [],
        birth=Stretch(date(one.born + 621, 3, 21), date(one.born + 622, 3, 20), str(one.born))
        if known("birth")
        else None,
        dated=[Stretch(death, date.fromordinal(death.toordinal() + 30), "then", death=True)]
        if known("death")
        else [],
    )


def told(one: Made, others: Sequence[Made], random: Random) -> Account:
    """Tell of a person, in one of the two scripts, as somebody who remembers some of it."""
    latin = random.random() < 0.5

    def say(what: str, right: Any, wrong: Any) -> Any:
        if random.random() >= ASSUMED["named"][what]:
            return None
        return wrong if random.random() < ASSUMED["wrong"][what] else right

    other = random.choice(others)
    sex = say("sex", one.sex, Sex.FEMALE if one.sex is Sex.MALE else Sex.MALE)
    father, home = say("father", one.father, other.father), say("home", one.home, other.home)
    prison, month = say("place", one.prison, other.prison), say("date", one.month, other.month)
    age = say("age", 1367 - one.born, 1367 - other.born)
    name = one.name[latin]
    kin = {None: ("", ""), Sex.MALE: ("برادرم ", "My brother "), Sex.FEMALE: ("خواهرم ", "My sister ")}[sex][
        latin
    ]
    pieces = ([f", son of {father[1]}," if latin else f"، فرزند {father[0]}،"] if father else []) + (
        [f" {age} years old," if latin else f" {age} ساله،"] if age else []
    )
    pieces += [f" was held in {prison[1]}" if latin else f" در {prison[0]} بود"] if prison else []
    pieces += (
        [f" until {MONTHS[month][1]} 1367" if latin else f" تا {MONTHS[month][0]} ۱۳۶۷"]
        if month is not None
        else []
    )
    pieces += (
        [f". The family lived in {home[1]}." if latin else f". خانواده در {home[0]} بود."] if home else ["."]
    )
    return Account(kin + name + "".join(pieces), len(kin), len(kin) + len(name))


def measure(count: int, accounts: int) -> dict[str, Any]:
    """Count agreement on the person who was meant and on others of that name."""
    random = Random(1367)  # noqa: S311 - nothing is kept secret here
    made = people(count, random)
    registry = [kept(one, random) for one in made]
    index = NameIndex((place, [one.name[0]]) for place, one in enumerate(made))
    seen: dict[Sort, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    asked: dict[bool, int] = {True: 0, False: 0}
    first = by_name = 0.0
    for place in random.sample(range(len(made)), accounts):
        account = told(made[place], made, random)
        name = account.text[account.start : account.end]
        found = index.suggest(name, 48)
        weights = {}
        for one in found:
            other = int(str(one.id))
            pieces = weigh(account, registry[other], index.share)
            weights[other] = total(one.score, pieces)
            if made[other].name == made[place].name:
                asked[other == place] += 1
                for piece in pieces:
                    seen[piece.sort, piece.weight > 0][other == place].append(piece.weight)  # type: ignore[index]
        best = max(weights, key=lambda other: weights[other], default=-1)
        first += best == place
        alike = [one for one in found if one.score == found[0].score]
        by_name += any(one.id == place for one in alike) / len(alike) if alike else 0
    table = {
        f"{sort} {'for' if agrees else 'against'}": _row(both, asked)
        for (sort, agrees), both in sorted(seen.items())  # type: ignore[misc]
    }
    return {
        "accounts": accounts,
        "first_by_name": round(by_name / accounts, 3),
        "first": round(first / accounts, 3),
        "evidence": table,
    }


def _row(both: dict[bool, list[float]], asked: dict[bool, int]) -> dict[str, float]:
    m, u = ((len(both[which]) + 0.5) / (asked[which] + 1) for which in (True, False))
    every = [*both[True], *both[False]]
    return {
        "m": round(m, 4),
        "u": round(u, 4),
        "bits": round(math.log2(m / u), 1),
        "used": round(sum(every) / len(every), 1),
    }


def main() -> None:
    """Print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--persons", type=int, default=4000)
    options.add_argument("--accounts", type=int, default=600)
    chosen = options.parse_args()
    print(json.dumps(measure(chosen.persons, chosen.accounts), ensure_ascii=False, indent=1))  # noqa: T201


main()
