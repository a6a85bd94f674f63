"""Begin or refresh a language's catalogues: ``python -m portal.web.catalogues de [web ...]``.

The Persian catalogues are complete, and tests hold them against the sources and templates; so they say what
there is to translate. What a language has already stays, what it lacks is empty, what is said no longer goes.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from portal.config import PACKAGE

FOLDER = PACKAGE / "translations"
WHOLE = "fa"


def features(language: str, folder: Path = FOLDER) -> list[str]:
    """Return the features that a language has a catalogue of."""
    return sorted(path.stem for path in (folder / language).glob("*.po"))


def read(language: str, feature: str, folder: Path = FOLDER) -> Catalog:
    """Read one catalogue; an empty one where there is none yet."""
    path = folder / language / f"{feature}.po"
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def refresh(language: str, feature: str, folder: Path = FOLDER) -> Path:
    """Write a language's catalogue of one feature anew, in the order of the Persian one; return its path."""
    had, made = read(language, feature, folder), Catalog(locale=language, header_comment=f"# {language}")
    for message in read(WHOLE, feature, folder):
        if message.id:
            known = had.get(message.id)
            said = known.string if known is not None else ""
            made.add(message.id, said, flags=message.flags & {"python-format"})
    path = folder / language / f"{feature}.po"
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as sink:
        write_po(sink, made, width=0, omit_header=False)
    return path


def main(words: Iterable[str], folder: Path = FOLDER) -> None:
    """Refresh the named features of a language; all of them when none is named."""
    language, *named = words
    for feature in named or features(WHOLE, folder):
        sys.stdout.write(f"{refresh(language, feature, folder)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
