"""The pages: what stands in them, for anybody and for any address, without JavaScript."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_from_bytes, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import create_app
from api.live import Live
from api.pages import LIMIT, POLICY, paper_path
from indexer.build import build
from indexer.progress import Progress
from papersearch.paper import Paper, Session
from tests import tiny
from tests.conftest import PAPERS, write_papers
from tests.service import in_process

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HOSTILE = Paper(
    id="odd/id with space?#%é&\"'<b>",
    title="<img src=x onerror=alert(1)> <script>alert(2)</script> hostile markup in titles",
    abstract="Hostile markup, such as <q onmouseover=alert(3)>this</q>, is text.",
    authors=('"><script>alert(4)</script>', "O’Brien & Söhne"),
    year=2024,
    venue="<q>Venue</q>",
    url="javascript:alert(5)",
    keywords=('" onclick="alert(6)',),
    sessions=(Session("<b>talk</b>", "<u>9 a.m.</u>"),),
)


class Document(HTMLParser):
    """A page, taken apart: its tags with their attributes, its links by their rel, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.parts: list[str] = []
        self.feed(text)
        self.text = " ".join(" ".join(self.parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def all(self, tag: str, name: str) -> list[str]:
        """The values of an attribute on every tag of a kind."""
        return [
            attributes[name] or "" for each, attributes in self.tags if each == tag and name in attributes
        ]

    def rel(self, rel: str) -> str | None:
        """Where the link with this rel leads."""
        return next((a["href"] for tag, a in self.tags if tag == "a" and a.get("rel") == rel), None)

    def papers(self) -> list[str]:
        """The addresses of the papers listed, in order."""
        links = (link for link in self.all("a", "href") if "/papers/" in link)
        return list(dict.fromkeys(link.partition("#")[0] for link in links))


def page(client: TestClient, address: str) -> Document:
    """A page that must be there."""
    response = client.get(address, headers=HTML)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    return Document(response.text)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over papers enough for three pages, and one that a hostile stranger sent."""
    papers = [
        Paper(f"p{number}", f"Compiler passes, part {number}", "The order of passes.", year=2000 + number)
        for number in range(2 * LIMIT + 3)
    ]
    folder = tmp_path_factory.mktemp("many")
    with tiny.in_place_of_models():
        source = write_papers(folder / "papers.jsonl", [*papers, HOSTILE])
        build([source], folder / "index", model_name="tiny", progress=Progress(quiet=True))
    with in_process(folder / "index") as client:
        yield client


# The search page


def test_the_first_page_asks_for_a_query_and_gives_examples(client: TestClient) -> None:
    document = page(client, "/")
    assert "6 papers" in document.text
    assert document.papers() == []
    examples = [link for link in document.all("a", "href") if link.startswith("/?q=")]
    assert "/?q=RL+for+compilers" in examples
    for example in examples:
        assert page(client, example).papers()


def test_the_page_says_how_it_read_a_misspelt_query(client: TestClient) -> None:
    document = page(client, "/?q=congestoin+%26lt;b%3E")
    assert "Showing results for “congestion &lt;b>”." in document.text
    assert "Showing results for" not in page(client, "/?q=congestion").text


def test_the_first_page_says_what_can_be_typed(client: TestClient) -> None:
    assert 'author:"Ryan Adams"' in page(client, "/").text


def test_a_search_lists_the_papers_in_the_order_of_the_api(client: TestClient) -> None:
    document = page(client, "/?q=congestion+control")
    hits = client.get("/v1/search?q=congestion control").json()["hits"]
    assert document.papers() == [paper_path(hit["paper"]["id"]) for hit in hits]
    for hit in hits:
        assert hit["paper"]["title"] in document.text
        assert all(author in document.text for author in hit["paper"]["authors"])


def test_the_words_that_match_are_marked(client: TestClient) -> None:
    text = client.get("/?q=delay").text
    assert "<mark>delay</mark>" in text


def test_what_was_asked_stands_in_the_form(client: TestClient) -> None:
    document = page(
        client, "/?q=learning+%22order&mode=semantic&year_from=2019&year_to=2022&venue=CGO&author=hopper"
    )
    values = {
        attributes["name"]: attributes.get("value")
        for tag, attributes in document.tags
        if tag == "input" and "name" in attributes and attributes.get("type") != "radio"
    }
    assert values == {
        "q": 'learning "order',
        "year_from": "2019",
        "year_to": "2022",
        "venue": "CGO",
        "author": "hopper",
    }
    assert [a["value"] for tag, a in document.tags if tag == "input" and "checked" in a] == ["semantic"]
    assert document.papers() == ["/papers/passes"]


def test_filters_alone_list_papers(client: TestClient) -> None:
    document = page(client, "/?q=&author=Sally+Floyd")
    assert document.papers() == ["/papers/congestion", "/papers/queues"]
    assert "2 papers, the newest first" in document.text


def test_filters_that_leave_nothing_say_so_and_lead_back(client: TestClient) -> None:
    document = page(client, "/?q=learning&year_from=2030")
    assert document.papers() == []
    assert "/?q=learning" in document.all("a", "href")


def test_pages_lead_to_one_another_and_hold_every_paper_once(many: TestClient) -> None:
    address: str | None = "/?q=compiler+passes&year_to=2900&mode=semantic"
    seen: list[str] = []
    addresses = []
    while address is not None:
        addresses.append(address)
        document = page(many, address)
        seen += document.papers()
        before, address = address, document.rel("next")
        if address is not None:
            assert parse_qs(urlsplit(address).query)["year_to"] == ["2900"]
            back = page(many, address).rel("prev")
            assert back is not None
            assert page(many, back).papers() == page(many, before).papers()
    assert len(addresses) == 3
    assert len(seen) == len(set(seen)) == 2 * LIMIT + 4
    assert page(many, addresses[0]).rel("prev") is None


def test_an_address_beyond_the_last_page_shows_the_last_page(many: TestClient) -> None:
    last = page(many, f"/?q=compiler&offset={2 * LIMIT}")
    beyond = page(many, "/?q=compiler&offset=5000")
    assert beyond.papers() == last.papers() != []
    assert beyond.rel("prev") == last.rel("prev")
    assert beyond.rel("next") is None


@pytest.mark.parametrize(
    "junk",
    [
        "mode=magic",
        "offset=many",
        "offset=-5",
        "offset=99999999999999999999",
        "offset=1e3",
        "offset=٣",
        "year_from=soon",
        "year_from=99999999999999999999&year_to=-1",
        "year_to=²",
        "venue=" + "v" * 5000,
        "author=%00&venue=%ED%A0%80",
        "limit=0&facets=x&colour=red",
        "q=learning&q=compiler",
        "q[]=x",
        "=&&;;==",
    ],
)
def test_a_junk_parameter_still_gives_a_page(client: TestClient, junk: str) -> None:
    page(client, f"/?{junk}")
    page(client, f"/?q=learning&{junk}")


@pytest.mark.parametrize("query", ["?!", '"', "x" * 5001, "x" * 10_000, "%00", "%ED%A0%80"])
def test_a_query_that_cannot_be_searched_for_is_a_page_that_says_why(client: TestClient, query: str) -> None:
    document = page(client, f"/?q={query if query.startswith('%') else quote(query)}")
    assert document.papers() == []
    assert "That query can't be searched for" in document.text


PARAMETERS = ("q", "offset", "mode", "year_from", "year_to", "venue", "author", "limit", "facets", "x")


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(PARAMETERS), st.binary(max_size=40) | st.text().map(str.encode))))
def test_no_bytes_in_any_parameter_break_the_page(
    client: TestClient, parameters: list[tuple[str, bytes]]
) -> None:
    query = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in parameters)
    page(client, f"/?q=learning&{query}")


@settings(max_examples=60)
@given(st.binary(min_size=1, max_size=40) | st.text(min_size=1).map(str.encode))
def test_no_bytes_in_an_id_break_a_papers_page(client: TestClient, name: bytes) -> None:
    for address in (f"/papers/{quote_from_bytes(name, safe='')}", f"/papers/{quote_from_bytes(name)}"):
        assert client.get(address, headers=HTML).status_code in {200, 404}


# A paper's page


def test_a_papers_page_says_all_that_is_known_of_it(client: TestClient) -> None:
    document = page(client, "/papers/congestion")
    for part in ("Congestion control that learns", "The sender learns from the delay of packets."):
        assert part in document.text
    for part in (
        "Sally Floyd",
        "Van Jacobson",
        "SIGCOMM",
        "2022",
        "Spotlight",
        "Sat 10:55 a.m.",
        "11:05 a.m.",
    ):
        assert part in document.text
    names = {
        a["name"]: a["content"]
        for tag, a in document.tags
        if tag == "meta" and "content" in a and "name" in a
    }
    assert names["citation_title"] == "Congestion control that learns"
    assert document.all("a", "href").count("https://example.org/passes") == 1  # only where it is listed
    assert "https://example.org/passes" in page(client, "/papers/passes").all("a", "href")


def test_a_papers_page_lists_the_related_ones_and_not_itself(client: TestClient) -> None:
    hits = client.get("/v1/papers/congestion/related?limit=8").json()["hits"]
    assert page(client, "/papers/congestion").papers() == [paper_path(hit["paper"]["id"]) for hit in hits]


def test_an_author_leads_to_the_papers_of_that_author(client: TestClient) -> None:
    links = [link for link in page(client, "/papers/congestion").all("a", "href") if "author=Sally" in link]
    assert len(links) == 1
    assert set(page(client, links[0]).papers()) == {"/papers/congestion", "/papers/queues"}


@pytest.mark.parametrize("paper", PAPERS, ids=[paper.id for paper in PAPERS])
def test_every_paper_has_a_page_at_its_path(client: TestClient, paper: Paper) -> None:
    assert paper.title in page(client, paper_path(paper.id)).text


def test_an_unknown_paper_is_a_page_for_browsers_and_a_problem_for_programs(client: TestClient) -> None:
    response = client.get("/papers/nope", headers=HTML)
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"] == POLICY
    assert "has the id 'nope' in this index" in Document(response.text).text
    for accept in ("application/json", "*/*", "application/problem+json"):
        response = client.get("/papers/nope", headers={"Accept": accept})
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == "no paper has the id 'nope' in this index"


# Strangers' text


def test_a_hostile_paper_is_text_on_every_page(many: TestClient) -> None:
    (link,) = [link for link in page(many, "/?q=hostile+markup").papers() if "odd" in link]
    for document in (page(many, "/?q=hostile+markup"), page(many, link)):
        for part in (HOSTILE.title, "such as <q onmouseover=alert(3)>this</q>, is text.", HOSTILE.authors[0]):
            assert part in document.text
        assert "<q>Venue</q>" in document.text
        tags = {tag for tag, _ in document.tags}
        assert tags.isdisjoint({"img", "b", "i", "u", "iframe", "style"})
        assert document.all("script", "src") in ([], ["/static/page.js"])
        assert len([tag for tag, _ in document.tags if tag == "script"]) <= 1
        names = {name for _, attributes in document.tags for name in attributes}
        assert not any(name.startswith("on") for name in names)
        assert not any("javascript:" in link for link in document.all("a", "href"))


def test_hostile_parameters_are_text_in_the_page(client: TestClient) -> None:
    attack = quote('"><script>alert(1)</script>')
    document = page(
        client, f"/?q=learning{attack}&venue={attack}&author={attack}&mode={attack}&year_from={attack}"
    )
    assert document.all("script", "src") == ["/static/page.js"]
    assert [tag for tag, _ in document.tags if tag == "script"] == ["script"]
    assert 'learning"><script>alert(1)</script>' in document.all("input", "value")


@pytest.mark.parametrize("path", ["/", "/?q=learning", "/papers/passes", "/docs", "/nothing", "/papers/nope"])
def test_the_policy_allows_no_script_from_elsewhere_and_the_page_needs_none(
    client: TestClient, path: str
) -> None:
    response = client.get(path, headers=HTML)
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    document = Document(response.text)
    assert all(link.startswith("/static/") for link in document.all("script", "src"))
    assert all(link.startswith("/static/") for link in document.all("link", "href"))
    assert document.all("p", "style") == document.all("div", "style") == []


# The description of the API


def test_the_docs_name_every_route_parameter_and_field_of_the_openapi_document(client: TestClient) -> None:
    text = page(client, "/docs").text
    document = client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"{method.upper()} {path}" in text
            assert " ".join(operation["description"].split()) in text
            for parameter in operation.get("parameters", []):
                assert parameter["name"] in text
    for field in document["components"]["schemas"]["RelatedRequest"]["properties"]:
        assert field in text


# Under a proxy


@pytest.mark.parametrize(
    "path",
    ["/", "/?q=learning+compiler", "/papers/passes", "/docs", "/nothing", "/?q=%3F", "/?q=x&venue=none"],
)
def test_every_link_of_a_page_stays_under_the_path_of_the_proxy(tiny_index_folder: Path, path: str) -> None:
    with in_process(tiny_index_folder, root_path="/lab/search") as client:
        document = Document(client.get(f"/lab/search{path}", headers=HTML).text)
        links = [*document.all("a", "href"), *document.all("link", "href"), *document.all("script", "src")]
        links += document.all("form", "action")
        own = [link for link in links if not link.startswith(("http://", "https://", "#"))]
        assert len(own) >= 5
        assert all(link.startswith("/lab/search/") for link in own), own
        assert not any("/lab/search/lab" in link for link in own)
        for link in set(own):
            assert client.get(link, headers=HTML).status_code == 200, link


def test_an_error_under_static_is_a_problem_under_a_proxy_too(tiny_index_folder: Path) -> None:
    with in_process(tiny_index_folder, root_path="/lab") as client:
        response = client.get("/lab/static/nothing", headers=HTML)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("paper_id", "path"),
    [
        ("a/b", "/papers/a/b"),
        ("x?y#z", "/papers/x%3Fy%23z"),
        ("100%", "/papers/100%25"),
        ("ü 深", "/papers/%C3%BC%20%E6%B7%B1"),
        ("<&\"'", "/papers/%3C%26%22%27"),
    ],
)
def test_the_path_of_a_paper_escapes_all_but_the_slashes(paper_id: str, path: str) -> None:
    assert paper_path(paper_id) == path


def test_the_page_before_the_index_is_ready_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(Live(tmp_path / "none", failed=lambda reason: None))) as client:
        response = client.get("/", headers=HTML)
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert "Service Unavailable" in response.text
        assert page(client, "/docs").text
