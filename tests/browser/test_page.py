"""The page as a reader meets it: without JavaScript, with it, on a phone, in the dark, by keyboard."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, Route, expect

HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script> Hostile markup in titles"
ODD = "odd/id%3F%23%25%C3%A9%26%2B%22"  # the hostile paper's id, as a path


ADDRESSES = [
    "/",
    "/?q=compiler",
    "/?q=compiler&venue=CGO&year_from=2021",
    "/?q=qqxzzv&mode=keyword",
    "/?q=hostile+markup",
    "/papers/congestion",
    f"/papers/{ODD}",
    "/papers/no/such",
]


BURST = """(box, text) => {
    for (const letter of text) {
        box.value += letter;
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
}"""


@pytest.fixture
def plain_page(browser: Browser, live_server: str) -> Iterator[Page]:
    """A browser that runs no JavaScript."""
    context = browser.new_context(java_script_enabled=False, base_url=live_server)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def search(page: Page, query: str) -> None:
    page.get_by_role("searchbox", name="Search papers").fill(query)
    page.get_by_role("searchbox", name="Search papers").press("Enter")


def titles(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


# Without JavaScript


def test_without_javascript_a_query_gives_hits_and_pages(plain_page: Page) -> None:
    plain_page.goto("/")
    search(plain_page, "compiler pass ordering")
    expect(plain_page.locator(".tally")).to_contain_text(re.compile(r"^\d+ papers ranked"))
    first = titles(plain_page)
    assert len(first) == 10
    assert first[0].startswith("Ordering compiler passes")
    plain_page.get_by_role("link", name="Next").click()
    expect(plain_page.locator(".hits")).to_have_attribute("start", "11")
    second = titles(plain_page)
    assert second
    assert not set(first) & set(second)
    plain_page.get_by_role("link", name="Previous").click()
    expect(plain_page.locator(".hits")).to_have_attribute("start", "1")
    assert titles(plain_page) == first


def test_without_javascript_filters_and_modes_are_part_of_the_form(plain_page: Page) -> None:
    plain_page.set_viewport_size({"width": 1280, "height": 900})
    plain_page.goto("/?q=compiler")
    plain_page.get_by_label("From year").fill("2022")
    plain_page.get_by_label("Venue").fill("CGO")
    plain_page.get_by_role("radio", name="Words", exact=True).check()
    plain_page.get_by_role("button", name="Apply").click()
    expect(plain_page.locator(".chip")).to_have_count(2)
    facts = plain_page.locator(".hit .facts li:first-child").all_inner_texts()
    assert facts
    assert set(facts) <= {"CGO 2022", "CGO 2023"}
    expect(plain_page.get_by_role("radio", name="Words", exact=True)).to_be_checked()


def test_without_javascript_filters_open_on_a_phone(plain_page: Page) -> None:
    plain_page.set_viewport_size({"width": 360, "height": 740})
    plain_page.goto("/?q=compiler")
    expect(plain_page.get_by_label("Venue")).to_be_hidden()
    plain_page.get_by_text("Filters", exact=True).click()
    plain_page.locator("#facet-venue").get_by_role("link", name="CGO").click()
    expect(plain_page).to_have_url(re.compile("venue=CGO"))
    expect(plain_page.locator(".chip")).to_contain_text("CGO")


# The states of the page


def test_an_example_on_the_first_page_searches(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("papers in your own words")
    example = page.locator(".examples a").first
    text = example.inner_text()
    example.click()
    expect(page.locator(".hit").first).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value(text)


def test_nothing_found_says_what_to_try(page: Page) -> None:
    page.goto("/?q=qqxzzv&mode=keyword")
    expect(page.get_by_role("heading", level=1)).to_have_text("No paper answers that.")
    expect(page.locator(".hit")).to_have_count(0)
    page.get_by_role("link", name="Rank by meaning and words").click()
    expect(page.get_by_role("radio", name="Meaning and words")).to_be_checked()


def test_a_refused_query_is_explained(page: Page, console: list[str]) -> None:
    page.goto("/?q=" + "x" * 10_000)
    expect(page.locator("#results h1")).to_contain_text("can't be searched")
    expect(page.locator("#results p")).to_have_text(re.compile(r"^The query has 10000 characters.*\.$"))
    expect(page.get_by_role("searchbox")).to_have_value("x" * 10_000)
    console.clear()  # should it have an error's status, Chromium reports it


def test_an_unknown_paper_is_explained(page: Page, console: list[str]) -> None:
    response = page.goto("/papers/no/such")
    assert response is not None
    assert response.status == 404
    expect(page.locator("main")).to_contain_text("no/such")
    page.get_by_role("link", name="Search all papers").click()
    expect(page.get_by_role("searchbox")).to_be_visible()
    console.clear()


def test_a_hit_shows_what_is_known_of_it(page: Page) -> None:
    page.goto("/?q=congestion+control+that+learns")
    hit = page.locator(".hit").first
    expect(hit.get_by_role("heading")).to_have_text("Congestion control that learns")
    expect(hit.locator(".authors")).to_have_text("Sally Floyd, Van Jacobson")
    expect(hit.locator(".facts")).to_contain_text("Spotlight Sat 10:55 a.m. – 11:05 a.m.")
    expect(hit.locator(".facts")).to_contain_text("Poster")
    expect(hit.locator("mark").first).to_be_visible()
    marked = {text.lower() for text in hit.locator("mark").all_inner_texts()}
    assert marked & {"congestion", "control", "learns"}
    expect(hit.locator(".score")).to_have_text(re.compile(r"^meaning -?\d\.\d\d · words \d+\.\d\d$"))
    outside = hit.get_by_role("link", name="example.org")
    expect(outside).to_have_attribute("rel", "noopener noreferrer")
    expect(outside).to_have_attribute("href", "https://www.example.org/papers/congestion")


def test_a_year_that_the_venue_names_is_not_said_twice(page: Page) -> None:
    page.goto("/?q=short+queues+in+routers")
    expect(page.locator(".hit .facts").first).to_have_text("SIGCOMM 1993")


def test_related_is_one_click_away(page: Page) -> None:
    page.goto("/?q=congestion+control+that+learns")
    page.get_by_role("link", name="Related to Congestion control that learns").click()
    expect(page).to_have_url(re.compile(r"/papers/congestion#related$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Congestion control that learns")
    expect(page.locator("#related")).to_be_in_viewport()
    expect(page.locator("#related .hit h3").first).to_be_visible()
    assert "Congestion control that learns" not in page.locator("#related .hit h3").all_inner_texts()


def test_an_author_leads_to_her_papers(page: Page) -> None:
    page.goto("/papers/congestion")
    page.locator(".authors").get_by_role("link", name="Sally Floyd").click()
    expect(page.locator(".chip")).to_contain_text("Sally Floyd")
    assert titles(page)[0] == "Congestion control that learns"
    assert all("Sally Floyd" in names for names in page.locator(".hit .authors").all_inner_texts())


# Text from strangers


@pytest.mark.parametrize("address", ["/?q=hostile+markup", f"/papers/{ODD}"])
def test_markup_in_a_title_is_shown_as_text(page: Page, address: str) -> None:
    page.goto(address)
    heading = page.locator(".hit h2, .paper h1").first
    expect(heading).to_have_text(HOSTILE)
    assert page.locator("main img, main script, main b").count() == 0


def test_an_odd_id_has_a_link_that_works(page: Page) -> None:
    page.goto("/?q=hostile+markup")
    link = page.locator(".hit h2 a").first
    assert link.get_attribute("href") == f"/papers/{ODD}"
    link.click()
    expect(page.locator(".paper h1")).to_contain_text("Hostile markup")


@pytest.mark.parametrize("address", ["/?q=hostile+markup", f"/papers/{ODD}"])
def test_only_http_addresses_become_links(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("main h1").first).to_be_visible()
    assert page.locator("a[href^='javascript' i]").count() == 0
    answer = page.request.get(f"/v1/papers/{ODD}").json()
    assert answer["url"] == "javascript:alert(5)", "the address never reached the page"


# With JavaScript


def test_typing_brings_results_and_the_address_along(page: Page) -> None:
    page.goto("/")
    page.evaluate("window.same = true")
    page.get_by_role("searchbox").press_sequentially("congestion", delay=20)
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    expect(page).to_have_url(re.compile(r"/\?q=congestion$"))
    expect(page).to_have_title(re.compile("^congestion – "))
    expect(page.get_by_role("status")).to_contain_text("ranked for congestion")
    assert page.evaluate("window.same"), "the page was loaded again"
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_a_burst_of_keys_is_one_request(page: Page) -> None:
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("searchbox").evaluate(BURST, "compiler")
    expect(page.locator(".hit").first).to_be_visible()
    assert [url.rpartition("/")[2] for url in asked if "favicon" not in url] == ["?q=compiler"]


def test_back_returns_to_searches_and_not_to_half_typed_words(page: Page) -> None:
    page.goto("/")
    before = page.evaluate("history.length")
    box = page.get_by_role("searchbox")
    for text in ("comp", "iler", " pass"):
        box.press_sequentially(text)
        expect(page).to_have_url(re.compile(re.escape(text.strip()) + "$"))
    box.press("Enter")
    expect(page.locator(".hit h2").first).to_contain_text("Ordering compiler passes")
    search(page, "congestion control")
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    assert page.evaluate("history.length") == before + 2
    page.go_back()
    expect(page.locator(".hit h2").first).to_contain_text("Ordering compiler passes")
    expect(box).to_have_value("compiler pass")
    page.go_back()
    expect(page.locator(".examples")).to_be_visible()
    expect(box).to_have_value("")
    page.go_forward()
    expect(box).to_have_value("compiler pass")
    expect(page.locator(".hit h2").first).to_contain_text("Ordering compiler passes")


def test_back_from_a_paper_shows_the_search_again(page: Page) -> None:
    page.goto("/")
    page.get_by_role("searchbox").fill("congestion")
    page.locator(".hit h2 a").first.click()
    expect(page.locator(".paper h1")).to_have_text("Congestion control that learns")
    page.go_back()
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    expect(page.get_by_role("searchbox")).to_have_value("congestion")


def test_a_facet_filters_and_its_chip_takes_it_back(page: Page) -> None:
    page.goto("/?q=compiler")
    page.evaluate("window.same = true")
    row = page.locator("#facet-venue").get_by_role("link", name="CGO")
    count = int(row.locator(".count").inner_text())
    row.click()
    expect(page).to_have_url(re.compile("venue=CGO"))
    expect(page.locator(".tally")).to_contain_text(re.compile(rf"^{count} papers? ranked"))
    expect(page.locator("#venue")).to_have_value("CGO")
    facts = page.locator(".hit .facts li:first-child").all_inner_texts()
    assert {text.split()[0] for text in facts} == {"CGO"}
    expect(page.locator("#results h1")).to_be_focused()
    page.get_by_role("link", name="Remove filter: CGO").click()
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#venue")).to_have_value("")
    assert "venue" not in page.url
    assert page.evaluate("window.same")


def test_a_year_facet_filters_by_that_year(page: Page) -> None:
    page.goto("/?q=compiler")
    page.locator("#facet-year").get_by_role("link", name="2021").click()
    expect(page).to_have_url(re.compile("year_from=2021&year_to=2021"))
    expect(page.locator(".chip")).to_contain_text("2021")
    facts = page.locator(".hit .facts li:first-child").all_inner_texts()
    assert {text.split()[-1] for text in facts} == {"2021"}


def test_a_half_typed_year_waits(page: Page) -> None:
    page.goto("/?q=compiler")
    page.get_by_label("From year").press_sequentially("20")
    page.wait_for_timeout(500)
    assert "year_from" not in page.url
    page.get_by_label("From year").press_sequentially("22")
    expect(page).to_have_url(re.compile("year_from=2022"))
    expect(page.locator(".chip")).to_contain_text("since 2022")


def test_filters_add_up_and_go_one_by_one(page: Page) -> None:
    page.goto("/?q=compiler&author=Grace+Hopper&mode=keyword")
    page.locator("#facet-venue").get_by_role("link", name="CGO").click()
    expect(page.locator(".chip")).to_have_count(2)
    page.locator("#facet-year").get_by_role("link", name="2021").click()
    expect(page.locator(".chip")).to_have_count(3)
    expect(page).to_have_url(
        re.compile(r"q=compiler&mode=keyword&year_from=2021&year_to=2021&venue=CGO&author=Grace\+Hopper$")
    )
    page.get_by_role("link", name="Remove filter: 2021").click()
    expect(page.locator(".chip")).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=compiler&mode=keyword&venue=CGO&author=Grace\+Hopper$"))


def test_the_mode_changes_the_ranking_at_once(page: Page) -> None:
    page.goto("/?q=compiler")
    page.get_by_role("radio", name="Words", exact=True).check()
    expect(page).to_have_url(re.compile("mode=keyword"))
    expect(page.locator(".score").first).not_to_contain_text("meaning")


def test_the_next_page_starts_at_its_top(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto("/?q=compiler")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".tally")).to_contain_text("from 11")
    expect(page.locator(".tally")).to_be_in_viewport()
    expect(page.locator(".tally")).to_be_focused()


def test_a_late_answer_does_not_overwrite_a_newer_one(page: Page) -> None:
    # Answers to "compiler" come late and cannot be aborted: only the page's own bookkeeping can drop them.
    page.add_init_script("""
        const real = window.fetch;
        window.fetch = async (url) => {
            const answer = await real(url);
            const text = await answer.text();
            if (String(url).includes("compiler")) {
                await new Promise((done) => setTimeout(done, 900));
                document.documentElement.dataset.late = "yes";
            }
            return new Response(text, { status: answer.status, headers: answer.headers });
        };
    """)
    page.goto("/")
    box = page.get_by_role("searchbox")
    with page.expect_request(re.compile("q=compiler")):
        box.fill("compiler")
    box.fill("congestion")
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    expect(page.locator("html")).to_have_attribute("data-late", "yes")
    page.wait_for_timeout(100)
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    expect(page).to_have_url(re.compile("q=congestion$"))


def test_a_new_question_aborts_the_old(page: Page) -> None:
    page.goto("/")
    held: list[Route] = []
    page.route(re.compile("q=compiler"), lambda route: held.append(route))
    with page.expect_event("requestfailed", lambda request: "q=compiler" in request.url):
        with page.expect_request(re.compile("q=compiler")):
            page.get_by_role("searchbox").fill("compiler")
        page.get_by_role("searchbox").fill("congestion")
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")


def test_a_service_that_is_gone_is_announced_and_recovers(page: Page, console: list[str]) -> None:
    page.goto("/?q=congestion")
    page.route("**/*", lambda route: route.abort())
    page.get_by_role("searchbox").fill("compiler")
    expect(page.get_by_role("status")).to_contain_text("does not answer")
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    page.unroute("**/*")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".hit h2").first).to_contain_text("Compiler", ignore_case=True)
    expect(page.get_by_role("status")).to_contain_text("ranked for compiler")
    console.clear()  # Chromium reports the aborted request


def test_a_proxy_page_in_place_of_results_is_a_failure(page: Page, console: list[str]) -> None:
    page.goto("/?q=congestion")
    page.route("**/*", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>No</h1>"))
    page.get_by_role("searchbox").fill("compiler")
    expect(page.get_by_role("status")).to_contain_text("does not answer")
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    console.clear()


# Every reader


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_scrolls_sideways_at_320_pixels(page: Page, console: list[str], address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address)
    if page.get_by_text("Filters", exact=True).is_visible():
        page.get_by_text("Filters", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    console.clear()  # one of the addresses is a 404


def luminance(page: Page, selector: str, colour: str) -> float:
    value = page.locator(selector).first.evaluate("(node, colour) => getComputedStyle(node)[colour]", colour)
    red, green, blue = (int(part) for part in re.findall(r"\d+", value)[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def test_the_page_follows_the_dark_scheme(page: Page) -> None:
    page.goto("/?q=compiler")
    assert luminance(page, "body", "backgroundColor") > 0.9 > 0.2 > luminance(page, ".hit h2 a", "color")
    page.emulate_media(color_scheme="dark")
    assert luminance(page, "body", "backgroundColor") < 0.1 < 0.8 < luminance(page, ".hit h2 a", "color")


def test_nothing_moves_for_those_who_ask(page: Page) -> None:
    page.goto("/?q=compiler")
    page.locator("main").evaluate("main => main.setAttribute('aria-busy', 'true')")
    duration = "getComputedStyle(document.getElementById('results')).transitionDuration"
    assert page.evaluate(duration) == "0.2s"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(duration) == "0s"


def focus_is_visible(page: Page) -> bool:
    """Whether the focused element or the search box around it shows that it has the focus."""
    return bool(
        page.evaluate("""() => {
        const shows = (style) => style.outlineStyle !== "none" && style.outlineWidth !== "0px";
        const focused = document.activeElement;
        const next = focused.nextElementSibling; // the words of a radio button
        return shows(getComputedStyle(focused)) || (next && shows(getComputedStyle(next)))
            || getComputedStyle(focused.closest(".box") ?? focused).boxShadow !== "none";
    }""")
    )


def test_everything_is_reached_by_keyboard(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("congestion")
    page.keyboard.press("Enter")
    expect(page.locator(".hit h2").first).to_have_text("Congestion control that learns")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        assert focus_is_visible(page), page.evaluate("document.activeElement.outerHTML")
        seen.add(page.evaluate("document.activeElement.name || document.activeElement.type"))
        if page.locator(".hit h2 a").first.evaluate("link => link === document.activeElement"):
            break
    assert seen >= {"mode", "year_from", "year_to", "venue", "author"}
    page.keyboard.press("Enter")
    expect(page.locator(".paper h1")).to_have_text("Congestion control that learns")


def test_the_skip_link_moves_the_focus_past_the_search_form(page: Page) -> None:
    page.goto("/papers/congestion")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".authors a").first).to_be_focused()


def test_slash_focuses_the_search_box(page: Page) -> None:
    page.goto("/?q=compiler")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("compiler")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_serious(page: Page, console: list[str], address: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)
    violations = Axe().run(page).response["violations"]
    assert [
        (found["id"], [node["html"] for node in found["nodes"]])
        for found in violations
        if found["impact"] in {"serious", "critical"}
    ] == []
    if address.endswith("no/such"):
        console.clear()


def test_the_policy_is_strict_and_the_page_keeps_it(page: Page) -> None:
    # The fixture fails the test on any console error, and Chromium reports violations there.
    response: Response | None = page.goto("/?q=compiler")
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.locator("[style], style, script:not([src])").count() == 0
