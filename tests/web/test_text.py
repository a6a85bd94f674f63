"""The one seam for markup, held against an independent sanitiser over a corpus of attacks."""

import itertools
import re
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.text import staff_markup

ALLOWED = {"b", "strong", "i", "em", "p", "br", "ul", "ol", "li", "blockquote"}
RUN = "alert(1988)"

_VECTORS = (
    "img",
    "svg",
    "body",
    "video",
    "iframe",
    "input",
    "details",
    "b",
    "p",
    "blockquote",
    "math",
    "custom-tag",
)
_HANDLERS = ("onerror", "onload", "ONCLICK", "onfocus autofocus", "ontoggle", "onmouseover")
_SCHEMES = (
    "javascript:",
    "JaVaScRiPt:",
    "java\tscript:",
    "java&#10;script:",
    "&#106;avascript:",
    "&#x6A;avascript&colon;",
    " javascript:\n    ",
    "\x01javascript:",
    "vbscript:",
    "data:text/html,",
    "data:text/html;base64,",
    "feed:javascript:",
)
_CARRIERS = (
    '<a href="{}">x</a>',
    "<a href={}>x</a>",
    '<iframe src="{}">',
    '<form action="{}"><button>x',
    '<object data="{}">',
    '<svg><a xlink:href="{}">x</a></svg>',
    '<p style="background:url({})">',
    '<base href="{}">',
)
_ODD = [
    "<script>{}</script>",
    "<SCRIPT SRC=//evil.example></SCRIPT>",
    "<scr<script>ipt>{}</scr</script>ipt>",
    "<script\x00>{}</script>",
    "<script/x>{}</script>",
    "<script >{}</script >",
    "<<script>{}//<</script>",
    "<script>{}",
    "</script><script>{}</script>",
    "<style>@import 'javascript:{}';</style>",
    "<style><img src='</style><img src=x onerror={}>'>",
    "<noscript><p title='</noscript><img src=x onerror={}>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={}&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror={}>'>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror={} src>'>",
    "<!--<img src='--><img src=x onerror={}//'>",
    "<![CDATA[<script>{}</script>]]>",
    "<?xml version='1.0'?><script>{}</script>",
    "<!DOCTYPE html><script>{}</script>",
    "<xmp><p title='</xmp><svg/onload={}>'>",
    "<textarea><script>{}</script></textarea>",
    "<title><img src='</title><img src=x onerror={}>'></title>",
    "<template><script>{}</script></template>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<link rel=stylesheet href='javascript:{}'>",
    "<object><param name=src value='javascript:{}'></object>",
    "<embed src='javascript:{}'>",
    "<applet code=x>{}</applet>",
    "<isindex type=image src=1 onerror={}>",
    "<b onclick={}>x</b>",
    "<b\nonclick={}>x</b>",
    "<b/onclick={}>x</b>",
    "<p id=x class=y style='color:red' onclick={}>x",
    "<ul><li onclick={}>x</ul>",
    "<br onfocus={} autofocus>",
    "&lt;script&gt;{}&lt;/script&gt;",
    "&amp;lt;script&amp;gt;{}",
    "%3Cscript%3E{}%3C/script%3E",
    "\u003cscript\u003e{}\u003c/script\u003e",
    "＜script＞{}＜/script＞",
    "<b><i></b>{}</i>",
    "<p><p><p>{}",
    "<b {}",
    "<",
    "<>",
    "</>",
    "<b><",
    "&",
    "&#0;",
    "&#x110000;",
    "<p title=`{}`>",
    "<a href='x'\"'>{}",
    "{}\x00<b>\x00</b>",
]
_PIECES = ("<b>", "</b>", "<p>", "</p>", "<ul><li>", "<br>", "'", '"', "`", ">", "<!--", "-->", "کلمه")
CORPUS = sorted(
    {text.replace("{}", RUN) for text in _ODD}
    | {f"<{tag} src=x {handler}={RUN}>" for tag, handler in itertools.product(_VECTORS, _HANDLERS)}
    | {f'<{tag}/{handler}="{RUN}"' for tag, handler in itertools.product(_VECTORS[:6], _HANDLERS)}
    | {carrier.replace("{}", scheme + RUN) for carrier, scheme in itertools.product(_CARRIERS, _SCHEMES)}
)


class Reader(HTMLParser):
    """Reads markup as a third program would, and lists its tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def shape(text: str) -> list[str]:
    """Give the tags of markup, in order, with their attributes."""
    return re.findall(r"</?[a-zA-Z][^>]*>", text)


def assert_harmless(text: str) -> None:
    cleaned = str(staff_markup(text))
    read = Reader(cleaned)
    assert read.tags <= ALLOWED
    assert read.attributes == []
    # The independent sanitiser finds nothing left to take away.
    again = nh3.clean(cleaned, tags=ALLOWED, attributes={}, link_rel=None)
    assert [tag.replace(" /", "") for tag in shape(again)] == [
        tag.replace(" /", "") for tag in shape(cleaned)
    ]
    assert str(staff_markup(cleaned)) == cleaned


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(CORPUS) >= 200


@pytest.mark.parametrize("number", range(len(CORPUS)))
def test_an_attack_is_shown_as_typed_and_runs_nowhere(number: int) -> None:
    assert_harmless(CORPUS[number])


@given(
    st.lists(
        st.sampled_from([*_ODD, *_PIECES]),
        max_size=8,
    ).map("".join)
    | st.text(max_size=200)
)  # fmt: skip
def test_no_text_whatever_comes_out_harmful(text: str) -> None:
    assert_harmless(text)


def test_the_little_markup_that_staff_need_is_kept() -> None:
    written = (
        "<p>He was <strong>not</strong> <em>seen</em>.</p><ul><li>one</li></ul><blockquote>x</blockquote>"
    )
    assert staff_markup(written) == written


@pytest.mark.parametrize("text", ["", "plain", "زندان گوهردشت، ۱۳۶۷", "می‌خواهم", "a & b < c > d"])
def test_plain_text_reads_as_it_was_written(text: str) -> None:
    assert staff_markup(text).unescape() == text


def test_what_comes_out_is_marked_safe_so_that_it_is_not_escaped_twice() -> None:
    assert staff_markup("<b>x</b>").__html__() == "<b>x</b>"
