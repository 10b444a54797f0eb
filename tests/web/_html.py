"""A page as its elements, and what every page must be."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset({"meta", "link", "img", "input", "source", "br", "hr"})
HEADINGS = ("h1", "h2", "h3", "h4")
FIELDS = frozenset({"input", "select", "textarea"})


@dataclass
class Element:
    """An element with its attributes and the text inside it."""

    name: str
    attributes: dict[str, str]
    parents: tuple["Element", ...] = field(repr=False)
    text: str = field(default="", repr=False)

    def inside(self, name: str) -> bool:
        return any(parent.name == name for parent in self.parents)


@dataclass
class Page:
    """A parsed page."""

    elements: list[Element] = field(default_factory=list, repr=False)

    def all(self, name: str, **attributes: str) -> list[Element]:
        """Elements of a name whose attributes have these values; `class_` holds if it is one of the classes."""
        wanted = attributes.copy()
        class_ = wanted.pop("class_", None)
        return [
            element
            for element in self.elements
            if element.name == name
            and all(element.attributes.get(key) == value for key, value in wanted.items())
            and (class_ is None or class_ in element.attributes.get("class", "").split())
        ]

    def one(self, name: str, **attributes: str) -> Element:
        (found,) = self.all(name, **attributes)
        return found

    @property
    def text(self) -> str:
        return self.elements[0].text


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute stands twice in {self.get_starttag_text()}"
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(self._open))
        self.page.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened = self._open.pop()
        assert opened.name == tag, f"</{tag}> where <{opened.name}> is open"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def done(self) -> Page:
        assert not self._open, f"left open: {[element.name for element in self._open]}"
        return self.page


def parse(html: str) -> Page:
    """The page; AssertionError where its elements do not nest."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    return parser.done()


def check(html: str) -> Page:
    """The page, once it is seen to keep the security policy and to be readable without eyes."""
    page = parse(html)
    _keeps_the_policy(page)
    _has_an_outline(page)
    _names_what_it_shows(page)
    _links_lead_somewhere(page)
    return page


def _keeps_the_policy(page: Page) -> None:
    for element in page.elements:
        assert "style" not in element.attributes, element
        assert not [name for name in element.attributes if name.startswith("on")], element
        for address in ("src", "href", "srcset", "action"):
            assert not element.attributes.get(address, "").startswith(("http:", "https:", "//", "javascript:")), element
    assert not page.all("style")
    assert all(script.attributes.get("src") for script in page.all("script"))
    assert all(not script.text.strip() for script in page.all("script"))


def _has_an_outline(page: Page) -> None:
    levels = [HEADINGS.index(element.name) for element in page.elements if element.name in HEADINGS]
    assert levels[0] == 0
    assert levels.count(0) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert page.one("html").attributes["lang"] in ("nb", "en")
    assert page.one("main").attributes["id"] == "content"
    assert page.one("a", class_="skip").attributes["href"] == "#content"


def _names_what_it_shows(page: Page) -> None:
    assert all("alt" in image.attributes for image in page.all("img"))
    assert all(image.attributes["alt"] for image in page.all("img") if image.inside("figure"))
    captioned = {id(caption.parents[-1]) for caption in page.all("caption") if caption.text.strip()}
    assert all(id(table) in captioned for table in page.all("table"))
    labelled = {label.attributes["for"] for label in page.all("label") if label.text.strip()}
    fields = [element for element in page.elements if element.name in FIELDS and element.attributes.get("type") != "hidden"]
    assert all(field.attributes.get("id") in labelled for field in fields)
    assert all(button.text.strip() for button in page.all("button"))
    assert all(heading.attributes.get("scope") for heading in page.all("th"))


def _links_lead_somewhere(page: Page) -> None:
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids)), "an id stands twice"
    for link in page.all("a"):
        assert link.text.strip(), link
        href = link.attributes["href"]
        assert not href.startswith("#") or href[1:] in ids, href
    for element in page.elements:
        for reference in ("aria-labelledby", "for"):
            assert element.attributes.get(reference, ids[0]) in ids, element
