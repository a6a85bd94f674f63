"""A source's browser without scripts: fills in forms, keeps cookies, reads pages as a person would."""

import html
import re
from collections.abc import Mapping, Sequence

from builders import Instance
from werkzeug.test import TestResponse

from portal.config import Face
from portal.intake.consent import ORDER
from portal.intake.journey import Step
from portal.intake.permission_forms import PAGES

BOUNDARY = "----formboundary7MA4YWxkTrZu0gW"
STORY = "در تابستان ۱۳۶۷ در گوهردشت بودم. <b>نام‌ها</b> را خواندند & رفتند.\nI do not remember the day."
PERMISSIONS = dict.fromkeys([use.value for use in ORDER], "yes")


def by_page(consent: Mapping[str, str]) -> dict[Step, dict[str, str]]:
    """Sort answers by the page of permissions that asks for them."""
    asked = {use.value: step for step, groups in PAGES.items() for _heading, uses in groups for use in uses}
    found: dict[Step, dict[str, str]] = {step: {} for step in PAGES}
    for name, answer in consent.items():
        step = Step.SHARING if name.startswith("share-") else asked.get(name, Step.LASTING)
        found[step][name] = answer
    return found


def said(page: TestResponse) -> str:
    """Give the page as a reader sees it: no tags, no entities, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.get_data(as_text=True))).split())


def token(page: TestResponse) -> str:
    """Give the anti-forgery token of the page's first form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    assert found, said(page)
    return found[1]


def _form(fields: dict[str, str], files: Sequence[tuple[str, bytes]], action: str) -> bytes:
    """Write a form with files as browsers do; Werkzeug's client leaves the line end of empty fields out."""
    parts = [_field(name, value) for name, value in fields.items()]
    for name, content in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n")
    pressed = [_field("action", action)] if action else []
    return b"".join([*parts, *pressed, f"--{BOUNDARY}--\r\n".encode()])


def _field(name: str, value: str) -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


class Source:
    """One visitor of the public side."""

    def __init__(self, instance: Instance, language: str = "en", *, face: Face = Face.INTAKE) -> None:
        self.instance = instance
        self.language = language
        self.client = instance.app(face).test_client()

    def get(self, path: str = "") -> TestResponse:
        return self.client.get(f"/{self.language}/{path}")

    def post(self, path: str, *, seen: str | None = None, **fields: str) -> TestResponse:
        """Open a page, then send its form (or the one at ``path``)."""
        page = self.get(path if seen is None else seen)
        return self.send(path, csrf_token=token(page), **fields)

    def send(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(f"/{self.language}/{path}", data=fields)

    def attach(
        self,
        content: bytes = b"\xff\xd8\xff a letter",
        *,
        name: str = "letter.jpg",
        caption: str = "",
        path: str = "documents",
        seen: str | None = None,
        more: Sequence[tuple[str, bytes]] = (),
        action: str = "",
    ) -> TestResponse:
        given = {"csrf_token": token(self.get(seen or path)), "caption": caption}
        body = _form(given, [(name, content), *more], action)
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.client.post(f"/{self.language}/{path}", data=body, content_type=kind)

    def write(self, story: str = STORY, *, reread: str = "yes", **consent: str) -> None:
        """Fill in every page up to the last look."""
        for path, fields in {
            "account": {"narrative": story},
            "you": {"relation": "survivor"},
            **by_page(consent or PERMISSIONS),
            "reaching": {"called": "Nasrin", "contact": "by letter", "reread": reread},
        }.items():
            answer = self.post(path, action="continue", **fields)
            assert answer.status_code == 303, said(answer)

    def permit(self, **consent: str) -> TestResponse:
        """Answer the pages of permissions, each what it asks; give what the last one said."""
        for path, fields in by_page(consent).items():
            answer = self.post(path, action="continue", **fields)
        return answer

    def change(self, **consent: str) -> TestResponse:
        """Change permissions in the folder, on the pages that ask for them; give what the last one said."""
        for page, fields in by_page(consent).items():
            if fields:
                first = page is Step.PERMISSIONS
                path = "folder/permissions" if first else f"folder/permissions/{page}"
                answer = self.post(path, action="continue", **fields)
        return answer

    def words(self, path: str = "received") -> list[str]:
        """Read the nine words off a page."""
        page = self.get(path).get_data(as_text=True)
        listed = page[page.index('<ol class="words"') : page.index("</ol>", page.index('<ol class="words"'))]
        return [html.unescape(word).strip() for word in re.findall(r"<bdi[^>]*>([^<]+)</bdi>", listed)]

    def submit(self, story: str = STORY, *, reread: str = "yes", **consent: str) -> list[str]:
        """Walk through all pages and give the nine words."""
        self.write(story, reread=reread, **consent)
        assert self.post("check").status_code == 303
        return self.words()

    def take_code(self) -> str:
        """Write the nine words down early, so that everything from now on is kept under them."""
        words = self.words("code")
        answer = self.post("code", action="continue")
        assert answer.headers["Location"].endswith("/code/words"), said(answer)
        return " ".join(words)

    def come_back(self, words: str) -> TestResponse:
        return self.post("return", words=words)
