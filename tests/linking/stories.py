"""Invented stories whose names and dates are known, in Persian, in English and in both at once."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from linking.names import Invented, parts, respelt

from portal.linking.matching import NameIndex
from portal.linking.mentions import About, Mention, Shelves
from portal.registry.vocabulary import Kind

_ROOT = Path(__file__).resolve().parents[2] / "portal"
_STARTER, _DEMO = _ROOT / "registry/starter.json", _ROOT / "demo/registry.json"
SAMPLES = _ROOT / "demo/accounts.jsonl"
_LINKABLE = frozenset({"prison", "ward", "cemetery"})
_ENDINGS = ("", "ی", "یان", "زاده", "پور", "نژاد", "فر", "نیا")

FILLERS = {
    "fa": (
        "آن روزها هیچ کس نمی‌دانست چه می‌شود.",
        "امید داشتیم که تا بهار همه آزاد شوند.",
        "صبح زود صدای کامیون آمد و بعد همه جا ساکت شد.",
        "مادر همیشه می‌گفت صبر کنید، راستی پیروز است.",
        "گفتند برای ملاقات نیایید، تلویزیون و روزنامه را هم قطع کردند.",
        "یک ساک لباس دادند و یک کاغذ که امضا کنیم.",
        "سهم ما از آن سال‌ها همین چند نامه است که نگه داشته‌ایم.",
        "پاسدار جوانی دم در ایستاده بود و نگاهمان نمی‌کرد.",
        "شب‌ها نور چراغ دریا را روشن می‌کرد و ستاره‌ها پیدا نبودند.",
        "همسایه‌ها شاهد بودند که خانه را زیر و رو کردند.",
        "بازجو پرسید نماز می‌خوانی یا نه، من چیزی نگفتم.",
        "دوست خوبی بود، آرام و مهربان، اهل شعر و موسیقی.",
        "هنوز نمی‌دانم کجا دفن شده و کسی هم جوابی نداده است.",
        "مهر و محبت او را هیچ وقت فراموش نمی‌کنم.",
        "دست و پایش را بسته بودند و چشم‌بند داشت.",
        "پیش از آن در کارخانه کار می‌کرد و عضو شورا بود.",
        "عمویم با اداره تماس گرفت، جواب سر بالا دادند.",
        "خاک آنجا نرم بود و معلوم بود تازه کنده‌اند.",
    ),
    "en": (
        "Nobody knew in those days what was going to happen.",
        "We had hope that everyone would be free by spring.",
        "Early in the morning we heard the trucks, and then it was quiet.",
        "They Took away the Television and the newspapers.",
        "Mother always said that patience wins in the end.",
        "We were given a bag of clothes and a paper to sign.",
        "The Revolutionary Guards stood at the door and did not look at us.",
        "An Interrogator asked whether I prayed; I said nothing.",
        "He was a good friend, calm and kind, who loved Poetry and music.",
        "I still do not know where he is buried.",
        "His hands were tied, and he wore a blindfold.",
        "Before that he worked in a factory and sat on its council.",
        "My uncle called the office of the Prosecutor; they gave no answer.",
        "The soil there was soft; it had been dug not long ago.",
        "Neighbours saw how they turned the house upside down.",
        "The Committee kept us for three days without food.",
        "We read Hafez and the Koran aloud at night.",
        "In the Court there were three men, one in a robe.",
    ),
}
_SAID = {
    "fa": (
        "{} را صدا کردند.",
        "برادرم {} آنجا بود.",
        "آخرین بار {} را در راهرو دیدم.",
        "با {} هم‌بند بودم",
        "{}، که معلم بود، برنگشت.",
    ),
    "en": (
        "They called {} out of the room.",
        "My brother {} was there.",
        "I last saw {} in the corridor.",
        "{}'s cough I knew.",
        "Then {}, a teacher, did not return.",
    ),
}
_HELD = {
    "fa": ("بعد او را به {} بردند.", "در {} بودیم.", "از {} خبری نیامد."),
    "en": ("Then he was taken to {}.", "We were in {}.", "No news came from {}."),
}
_BURIED = {
    "fa": ("می‌گویند در {} دفن شده.", "هر سال به {} می‌رویم."),
    "en": ("They say he lies in {}.", "Every year we go to {}."),
}
_WHEN = {
    "fa": ("مرداد ۱۳۶۷", "پنجم مهر ۱۳۶۰", "پاییز ۶۱", "۱۲ تیر ۱۳۶۲"),
    "en": ("30 July 1988", "Mordad 1367", "late August 1988", "March 1982"),
}
_THEN = {
    "fa": ("در {} ملاقات قطع شد.", "{} بود که خبر دادند."),
    "en": ("In {} the visits ended.", "It was {} when we heard."),
}
_TITLES = {
    "fa": ("آقای", "دکتر", "حاج", "سید", "آیت‌الله"),
    "en": ("Dr.", "Mr.", "Haj", "Seyyed", "Ayatollah"),
}


@dataclass(frozen=True)
class Told:
    """What a story names: its words, the record (empty for nobody that is known), and how it is written."""

    start: int
    end: int
    kind: About
    record: object
    way: str


@cache
def records() -> Mapping[object, tuple[Kind, str, Sequence[str]]]:
    """Return what ships with the portal: code, kind, kind of place, names."""
    found: dict[object, tuple[Kind, str, Sequence[str]]] = {}
    for path in (_STARTER, _DEMO):
        for one in json.loads(path.read_text(encoding="utf-8"))["records"]:
            sort = one.get("place", {}).get("kind", "")
            found[one["code"]] = Kind(one["kind"]), sort, [name for name, *_ in one["names"]]
    return found


def crowd(count: int, random: Random) -> Iterator[tuple[object, list[str]]]:
    """Fill a registry with persons of recombined name parts, a third of them also in Latin letters."""
    given, family = parts()
    for place in range(count):
        first, last, more = random.choice(given), random.choice(family), random.choice(family)
        middle = random.choice(given)[0] + " " if random.random() < 0.3 else ""
        ending = random.choice(_ENDINGS)
        root = random.choice(given)[0] if ending and random.random() < 0.3 else last[0]
        if ending and random.random() < 0.5:  # a registry of 100,000 has some 30,000 words
            root = random.choice(given)[0].replace(" ", "") + random.choice(given)[0]
        name = f"{first[0]} {middle}{root}{ending} {more[0] if random.random() < 0.4 else ''}".strip()
        yield ("other", place), [name, f"{first[1]} {last[1]}"] if random.random() < 0.3 else [name]


def shelves(people: Sequence[Invented], count: int, random: Random) -> Shelves:
    """Index people in Persian alone, a crowd, and the places that ship with the portal."""
    known = records()

    def of(kind: Kind) -> list[tuple[object, Sequence[str]]]:
        return [(code, names) for code, (one, _, names) in known.items() if one is kind]

    named = [(place, [one.written(0)]) for place, one in enumerate(people)]
    filled = [*of(Kind.PERSON), *named, *crowd(count - len(people), random)]
    made = {Kind.PERSON: [NameIndex(filled, remember=False)]}
    for kind in (Kind.PLACE, Kind.GRAVE, Kind.BODY):
        made[kind] = [NameIndex(of(kind), titled=False, remember=False)]
    return made


class Teller:
    """Somebody who tells stories about people of a registry, and about others."""

    def __init__(self, people: Sequence[Invented], strangers: Sequence[Invented], random: Random) -> None:
        self._people, self._strangers, self._random = people, strangers, random
        self._places = [
            (
                code,
                kind,
                [name for name in names if not name.isascii()],
                [name for name in names if name.isascii()],
            )
            for code, (kind, sort, names) in records().items()
            if sort in _LINKABLE or kind is Kind.GRAVE
        ]

    def story(self, language: str, length: int) -> tuple[str, list[Told]]:
        """Tell a story of some ``length`` code points; every fourth sentence names somebody or something."""
        text, told = "", list[Told]()
        while len(text) < length:
            sentence, words, kind, record, way = self._sentence(language)
            if words:
                at = len(text) + sentence.index("{}")
                told.append(Told(at, at + len(words), kind, record, way))
            text += sentence.replace("{}", words) + " "
        return text, told

    def _sentence(self, language: str) -> tuple[str, str, About, object, str]:
        pick, dice = self._random.choice, self._random.random()
        script = 0 if language == "fa" else 1
        other = 1 - script if self._random.random() < 0.2 else script
        if dice < 0.55:
            return pick(FILLERS[language]), "", About.DATE, "", ""
        if dice < 0.75:
            record = self._random.randrange(len(self._people))
            words, way = self._written(self._people[record], other)
            return pick(_SAID[language]), words, About.PERSON, record, way
        if dice < 0.8:
            return pick(_SAID[language]), pick(self._strangers).written(other), About.PERSON, "", "unknown"
        if dice < 0.92:
            code, kind, persian, latin = pick(self._places)
            grave = kind is Kind.GRAVE or "گورستان" in persian[0]
            words = pick((persian, latin)[other])
            return (
                pick((_BURIED if grave else _HELD)[language]),
                words,
                About(kind.value),
                code,
                self._way(other),
            )
        return pick(_THEN[language]), pick(_WHEN[language]), About.DATE, "", self._way(script)

    def _written(self, one: Invented, script: int) -> tuple[str, str]:
        name, dice = one.written(script), self._random.random()
        if dice < 0.2:
            title = self._random.choice(_TITLES["fa" if script == 0 else "en"])
            return f"{title} {name}", f"{self._way(script)}, title"
        if dice < 0.4 and script:
            return respelt(name, self._random), f"{self._way(script)}, other spelling"
        if dice < 0.4:
            return name.replace("ی", "ي").replace("ک", "ك"), f"{self._way(script)}, Arabic letters"
        return name, self._way(script)

    @staticmethod
    def _way(script: int) -> str:
        return ("Persian", "Latin")[script]


def samples() -> list[tuple[str, list[Told], Mapping[str, str]]]:
    """Return the accounts that ship with the demonstration: text, what a reviewer took from it, its days."""
    by_name = {name: code for code, (_, _, names) in records().items() for name in names}
    found = []
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        text, told = one["narrative"], []
        for each in one["registry"]:
            at = text.index(each["quote"])
            kind = {"person": About.PERSON, "prison": About.PLACE, "grave": About.GRAVE}[each["kind"]]
            told.append(
                Told(
                    at,
                    at + len(each["quote"]),
                    kind,
                    by_name.get(each["name"], each["name"]),
                    one["language"],
                )
            )
        for each in one["dates"]:
            at = text.index(each["words"])
            days = f"{each['earliest']}/{each['latest']}"
            told.append(Told(at, at + len(each["words"]), About.DATE, days, one["language"]))
        found.append((text, told, one))
    return found


def group(kind: About) -> str:
    """Name the row of a table that a mention belongs to; cemeteries are places and graves."""
    return "place or grave" if kind in {About.PLACE, About.GRAVE} else kind.value


def met(one: Told, mentions: Sequence[Mention]) -> Mention | None:
    """Return the mention that is of the told words and means the told record, if there is one."""
    for mention in mentions:
        if mention.start >= one.end or one.start >= mention.end or group(mention.kind) != group(one.kind):
            continue
        if one.kind is About.DATE or one.record in {each.id for each in mention.candidates}:
            return mention
    return None


def linkable(mention: Mention) -> bool:
    """Leave out cities and provinces, to which nothing links."""
    known = records()
    sorts = [known.get(one.id, (Kind.PERSON, "", ())) for one in mention.candidates]
    return not sorts or any(kind is not Kind.PLACE or sort in _LINKABLE for kind, sort, _ in sorts)
