"""A source without scripts: walks the real pages over HTTP, as a browser would."""

import http.client
import secrets
from collections.abc import Mapping
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit


class _Page(HTMLParser):
    """Finds the anti-forgery token and the receipt's words in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.token = ""
        self.words: list[str] = []
        self._in_words = self._in_word = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag as it opens."""
        given = dict(attrs)
        if tag == "input" and given.get("name") == "csrf_token":
            self.token = given.get("value") or ""
        self._in_words = self._in_words or (tag == "ol" and given.get("class") == "words")
        self._in_word = self._in_words and tag == "bdi"

    def handle_endtag(self, tag: str) -> None:
        """Look at a tag as it closes."""
        self._in_word = False
        self._in_words = self._in_words and tag != "ol"

    def handle_data(self, data: str) -> None:
        """Keep a word of the receipt."""
        if self._in_word:
            self.words.append(data.strip())


class Visitor:
    """One source's browser: cookies, forms, redirects."""

    def __init__(self, host: str, port: int, language: str) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._cookies: SimpleCookie = SimpleCookie()
        self._base = f"/{language}"
        self._token = ""
        self.page = _Page("")

    def _send(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> None:
        headers = {"Cookie": "; ".join(f"{name}={one.value}" for name, one in self._cookies.items())}
        if kind:
            headers["Content-Type"] = kind
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self._cookies.load(value)
        if answer.status in {302, 303}:
            self._send("GET", urlsplit(answer.getheader("Location") or "/").path)
            return
        if answer.status != http.client.OK:
            raise RuntimeError(f"{method} {path} was answered with {answer.status}")
        self.page = _Page(text)
        self._token = self.page.token or self._token

    def open(self, path: str) -> None:
        """Open a page."""
        self._send("GET", f"{self._base}/{path}")

    def fill(self, path: str, **fields: str) -> None:
        """Open a page, fill its form in and press *Continue*."""
        self.open(path)
        form = {"csrf_token": self._token, "action": "continue", **fields}
        self._send(
            "POST", f"{self._base}/{path}", urlencode(form).encode(), "application/x-www-form-urlencoded"
        )

    def attach(self, path: str, *, name: str, content: bytes, caption: str) -> None:
        """Add a file, as a form without scripts sends it."""
        self.open(path)
        boundary = secrets.token_hex(16)
        fields: Mapping[str, str] = {"csrf_token": self._token, "caption": caption}
        lines = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = "".join(lines).encode() + head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content
        ending = f"\r\n--{boundary}--\r\n".encode()
        self._send("POST", f"{self._base}/{path}", body + ending, f"multipart/form-data; boundary={boundary}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
