"""<paper-search> on somebody else's page: another origin, one script tag, one element."""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Locator, Page, Route, expect

Open = Callable[..., Page]

BOX = "<paper-search></paper-search>"


@pytest.fixture
def open_site(page: Page, site: Callable[[str], str], live_server: str) -> Open:
    """Open a page of another origin with `body` in it and the script from the service."""

    def open_page(body: str = BOX, head: str = "", host: str = "127.0.0.1") -> Page:
        document = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A workshop</title>
            <meta name="color-scheme" content="light dark">{head}
            <script src="{live_server}/static/paper-search.js" async></script></head>
            <body><main><h1>A workshop</h1>{body}</main></body></html>"""
        page.goto(site(document).replace("127.0.0.1", host))
        page.locator("paper-search:defined").first.wait_for()
        return page

    return open_page


def combobox(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search papers")


def ask(page: Page, query: str = "compiler") -> None:
    """Type a query and wait for its papers."""
    combobox(page).fill(query)
    expect(page.get_by_role("option").first).to_be_visible()


def active(page: Page) -> int:
    """The number of the option that aria-activedescendant names; -1 when it names none."""
    selected = [
        index
        for index, option in enumerate(page.get_by_role("option").all())
        if option.get_attribute("aria-selected") == "true"
    ]
    named = combobox(page).get_attribute("aria-activedescendant")
    if not named:
        assert selected == []
        return -1
    assert [page.get_by_role("option").nth(index).get_attribute("id") for index in selected] == [named]
    return selected[0]


# What it is


def test_it_is_a_combobox_with_a_listbox(open_site: Open) -> None:
    page = open_site()
    box = combobox(page)
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_attribute("aria-autocomplete", "list")
    expect(page.get_by_role("listbox")).to_be_hidden()
    ask(page)
    expect(box).to_have_attribute("aria-expanded", "true")
    listbox = page.get_by_role("listbox", name="Search papers")
    expect(listbox).to_be_visible()
    assert box.get_attribute("aria-controls") == listbox.get_attribute("id")
    expect(page.get_by_role("option")).to_have_count(8)
    assert active(page) == -1


def test_an_option_is_a_title_and_its_facts(open_site: Open) -> None:
    page = open_site()
    ask(page, "short queues in routers")
    expect(page.get_by_role("option").first.locator("span")).to_have_text(
        ["Short queues in routers", "Sally Floyd · SIGCOMM 1993"]
    )
    combobox(page).fill("congestion control that learns")
    expect(page.get_by_role("option").first.locator("span")).to_have_text(
        ["Congestion control that learns", "Sally Floyd, Van Jacobson · SIGCOMM · 2022"]
    )


def test_the_number_of_papers_is_announced(open_site: Open) -> None:
    page = open_site()
    ask(page)
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^8 of \d+ papers$"))


def test_attributes_change_it(open_site: Open) -> None:
    page = open_site('<paper-search label="Our papers" placeholder="Try RL" limit="3"></paper-search>')
    box = page.get_by_role("combobox", name="Our papers")
    expect(box).to_have_attribute("placeholder", "Try RL")
    box.fill("compiler")
    expect(page.get_by_role("option")).to_have_count(3)
    page.locator("paper-search").evaluate("box => box.setAttribute('limit', '5')")
    expect(page.get_by_role("option")).to_have_count(0)
    page.locator("paper-search").evaluate("box => box.setAttribute('label', 'Papers')")
    page.get_by_role("combobox", name="Papers", exact=True).press_sequentially("s")
    expect(page.get_by_role("option")).to_have_count(5)


@pytest.mark.parametrize("limit", ["0", "-4", "many", "1000"])
def test_a_senseless_limit_is_never_sent(open_site: Open, limit: str) -> None:
    page = open_site(f'<paper-search limit="{limit}"></paper-search>')
    with page.expect_request(re.compile("/v1/search")) as request:
        ask(page)
    sent = re.search(r"limit=(\d+)", request.value.url)
    assert sent is not None
    assert 1 <= int(sent[1]) <= 50


def test_src_names_the_service(open_site: Open, live_server: str) -> None:
    page = open_site('<paper-search src="https://papers.invalid/sub"></paper-search>')
    page.route(
        "https://papers.invalid/**",
        lambda route: route.fulfill(
            json={"total": 1, "hits": [{"paper": {"id": "a/b c", "title": "Elsewhere", "authors": []}}]},
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    ask(page)
    expect(page.get_by_role("option")).to_have_text("Elsewhere")
    expect(page.get_by_role("option")).to_have_attribute("href", "https://papers.invalid/sub/papers/a/b%20c")
    expect(page.get_by_role("status")).to_have_text("1 of 1 paper")


# Keys


def test_arrows_walk_the_options_and_the_input(open_site: Open) -> None:
    page = open_site('<paper-search limit="3"></paper-search>')
    ask(page)
    walked = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "Home", "End"):
        page.keyboard.press(key)
        walked.append(active(page))
    assert walked == [0, 1, 2, -1, 2, 1, 0, 2]
    expect(combobox(page)).to_be_focused()


def test_typing_on_leaves_the_active_option(open_site: Open) -> None:
    page = open_site()
    ask(page)
    page.keyboard.press("ArrowDown")
    assert active(page) == 0
    page.keyboard.type("s")
    assert active(page) == -1


def test_the_active_option_is_scrolled_into_view(open_site: Open) -> None:
    page = open_site()
    page.set_viewport_size({"width": 400, "height": 400})
    ask(page)
    expect(page.get_by_role("option").last).not_to_be_in_viewport()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").last).to_be_in_viewport()


def test_a_new_answer_is_shown_from_its_top(open_site: Open) -> None:
    page = open_site()
    page.set_viewport_size({"width": 400, "height": 400})
    ask(page)
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option").first).not_to_be_in_viewport()
    page.keyboard.type(" code")
    expect(page.get_by_role("link", name="See all")).to_have_attribute("href", re.compile("code$"))
    expect(page.get_by_role("option").first).to_be_in_viewport()


def test_enter_opens_the_active_paper(open_site: Open) -> None:
    page = open_site()
    page.route("https://www.example.org/**", lambda route: route.fulfill(body="the paper itself"))
    ask(page, "congestion control that learns")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url("https://www.example.org/papers/congestion")


def test_a_paper_without_a_web_address_opens_on_the_service(open_site: Open, live_server: str) -> None:
    page = open_site()
    ask(page, "hostile markup")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server}/papers/odd/id%3F%23%25%C3%A9%26%2B%22")
    expect(page.locator(".paper h1")).to_contain_text("Hostile markup")


def test_enter_without_an_active_option_opens_the_search_page(open_site: Open, live_server: str) -> None:
    page = open_site()
    combobox(page).press_sequentially("compiler & passes")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server}/?q=compiler+%26+passes")
    expect(page.get_by_role("searchbox")).to_have_value("compiler & passes")


def test_see_all_leads_to_the_search_page(open_site: Open, live_server: str) -> None:
    page = open_site()
    ask(page)
    page.get_by_role("link", name="See all").click()
    expect(page).to_have_url(f"{live_server}/?q=compiler")


def test_escape_closes_then_clears(open_site: Open) -> None:
    page = open_site()
    ask(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(combobox(page)).to_have_attribute("aria-expanded", "false")
    expect(combobox(page)).to_have_value("compiler")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(combobox(page)).to_have_value("")
    expect(page.get_by_role("status")).to_have_text("")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_leaving_closes_and_returning_opens(open_site: Open) -> None:
    page = open_site("<paper-search></paper-search><button>After</button>")
    ask(page)
    page.get_by_role("button", name="After").focus()
    expect(page.get_by_role("listbox")).to_be_hidden()
    combobox(page).focus()
    expect(page.get_by_role("listbox")).to_be_visible()


@pytest.mark.parametrize("key", ["/", "Control+k", "Meta+k"])
def test_a_key_focuses_the_first_box(open_site: Open, key: str) -> None:
    page = open_site('<paper-search></paper-search><paper-search label="Second"></paper-search>')
    page.keyboard.press(key)
    expect(combobox(page)).to_be_focused()
    expect(combobox(page)).to_have_value("")


@pytest.mark.parametrize(
    "field",
    [
        '<input aria-label="Field">',
        '<textarea aria-label="Field"></textarea>',
        '<div role="textbox" aria-label="Field" contenteditable></div>',
    ],
)
def test_the_keys_stay_with_a_field_in_which_one_types(open_site: Open, field: str) -> None:
    page = open_site(f"<paper-search></paper-search>{field}")
    other = page.get_by_role("textbox", name="Field")
    other.focus()
    page.keyboard.type("and/or")
    page.keyboard.press("Control+k")
    expect(other).to_be_focused()
    assert other.evaluate("field => field.value ?? field.textContent") == "and/or"


def test_a_key_that_the_page_has_used_is_left_alone(open_site: Open) -> None:
    page = open_site()
    page.evaluate("addEventListener('keydown', (event) => event.preventDefault(), true)")
    page.keyboard.press("/")
    expect(combobox(page)).not_to_be_focused()


# Events


def listen(page: Page) -> None:
    page.evaluate("""() => {
        window.told = [];
        for (const name of ["select", "results"]) {
            document.addEventListener(`paper-search-${name}`, (event) => {
                window.told.push([name, event.detail]);
                document.documentElement.dataset.told = name;
                if (window.stay) event.preventDefault();
            });
        }
    }""")


def test_a_choice_is_an_event_that_can_be_prevented(open_site: Open) -> None:
    page = open_site()
    listen(page)
    page.evaluate("window.stay = true")
    here = page.url
    ask(page, "congestion control that learns")
    page.get_by_role("option").first.click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert page.url == here
    told = page.evaluate("window.told")
    assert [name for name, _ in told] == ["results", "select", "select"]
    assert told[0][1]["hits"][0]["paper"]["id"] == "congestion"
    assert told[0][1]["total"] > 0
    assert [detail["title"] for _, detail in told[1:]] == ["Congestion control that learns"] * 2


def test_an_event_that_nobody_prevents_lets_the_link_work(open_site: Open) -> None:
    page = open_site()
    listen(page)
    page.route("https://www.example.org/**", lambda route: route.fulfill(body="the paper itself"))
    ask(page, "congestion control that learns")
    page.get_by_role("option").first.click()
    expect(page).to_have_url("https://www.example.org/papers/congestion")


# Requests


def test_a_burst_of_keys_is_one_request_and_a_known_answer_none(open_site: Open) -> None:
    page = open_site()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    combobox(page).focus()
    combobox(page).evaluate("""box => {
        for (const letter of "compiler") {
            box.value += letter;
            box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        }
    }""")
    expect(page.get_by_role("option").first).to_be_visible()
    assert [url.rpartition("?")[2] for url in asked] == ["q=compiler&limit=8"]
    for query in ("congestion", "compiler"):
        combobox(page).fill(query)
        expect(page.get_by_role("option").first).to_contain_text(query, ignore_case=True)
    assert len(asked) == 2


def test_a_late_answer_does_not_overwrite_a_newer_one(open_site: Open) -> None:
    # Answers to "compiler" come late and cannot be aborted: only the box's own bookkeeping can drop them.
    page = open_site(
        head="""<script>
        const real = window.fetch;
        window.fetch = async (url) => {
            const answer = await (await real(url)).json();
            if (url.includes("compiler")) {
                await new Promise((done) => setTimeout(done, 900));
                document.documentElement.dataset.late = "yes";
            }
            return Response.json(answer);
        };
    </script>"""
    )
    with page.expect_request(re.compile("q=compiler")):
        combobox(page).fill("compiler")
    combobox(page).fill("congestion")
    expect(page.get_by_role("option").first).to_contain_text("Congestion control")
    expect(page.locator("html")).to_have_attribute("data-late", "yes")
    page.wait_for_timeout(100)
    expect(page.get_by_role("option").first).to_contain_text("Congestion control")


def test_a_new_question_aborts_the_old(open_site: Open) -> None:
    page = open_site()
    held: list[Route] = []
    page.route(re.compile("q=compiler"), lambda route: held.append(route))
    with page.expect_event("requestfailed", lambda request: "q=compiler" in request.url):
        with page.expect_request(re.compile("q=compiler")):
            combobox(page).fill("compiler")
        combobox(page).fill("congestion")
    expect(page.get_by_role("option").first).to_contain_text("Congestion control")


class Gate:
    """Holds the service's answers back until it is opened."""

    def __init__(self, page: Page) -> None:
        self._held: list[Route] = []
        page.route(re.compile("/v1/search"), lambda route: self._held.append(route))

    def open(self) -> None:
        for route in self._held:
            with suppress(Error):  # the page may have given the question up
                route.continue_()


@pytest.mark.parametrize(("shown", "left"), [("", ""), ("compiler", "compilers")])
def test_escape_gives_up_the_question_that_is_under_way(open_site: Open, shown: str, left: str) -> None:
    page = open_site()
    if shown:
        ask(page, shown)
    gate = Gate(page)
    combobox(page).fill("compilers")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    gate.open()
    page.wait_for_timeout(300)
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(combobox(page)).to_have_value(left)


def test_an_answer_for_somebody_who_has_left_stays_closed(open_site: Open) -> None:
    page = open_site("<paper-search></paper-search><button>After</button>")
    listen(page)
    gate = Gate(page)
    with page.expect_request(re.compile("/v1/search")):
        combobox(page).fill("compiler")
    page.get_by_role("button", name="After").focus()
    gate.open()
    expect(page.locator("html")).to_have_attribute("data-told", "results")
    expect(page.get_by_role("listbox")).to_be_hidden()
    combobox(page).focus()
    expect(page.get_by_role("listbox")).to_be_visible()


# When it cannot answer


def test_no_paper_found(open_site: Open) -> None:
    page = open_site()
    page.route(
        re.compile("/v1/search"),
        lambda route: route.fulfill(
            json={"query": "x", "total": 0, "hits": []}, headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    combobox(page).fill("nothing")
    expect(page.get_by_role("status")).to_have_text("No paper found. Try other words.")
    expect(page.locator("[part=message]")).to_be_visible()
    expect(combobox(page)).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("link", name="See all")).to_be_hidden()


def test_a_service_that_is_gone_is_said_and_forgotten(open_site: Open, console: list[str]) -> None:
    page = open_site()
    ask(page, "congestion")
    page.route(re.compile("/v1/search"), lambda route: route.abort())
    combobox(page).fill("compiler")
    expect(page.locator("[part=message]")).to_contain_text("does not answer")
    expect(page.locator("[part=message]")).to_be_visible()
    expect(page.get_by_role("option")).to_have_count(0)
    page.unroute(re.compile("/v1/search"))
    combobox(page).fill("compilers")
    expect(page.get_by_role("option").first).to_be_visible()
    console.clear()  # Chromium reports the aborted request


def test_an_origin_that_is_not_allowed_is_told_how_to_be(open_site: Open, console: list[str]) -> None:
    page = open_site(host="localhost")  # the service allows http://127.0.0.1 only
    combobox(page).fill("compiler")
    origin = page.evaluate("location.origin")
    assert origin.startswith("http://localhost:")
    expect(page.locator("[part=message]")).to_contain_text(f"--cors-origin {origin}")
    assert any("CORS" in line for line in console)
    console.clear()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"title": "Query invalid", "detail": "At most 1,000 characters."}', "At most 1,000 characters"),
        ("<h1>Bad gateway</h1>", "HTTP 422"),
    ],
)
def test_a_refusal_is_said(open_site: Open, console: list[str], body: str, said: str) -> None:
    page = open_site()
    page.route(
        re.compile("/v1/search"),
        lambda route: route.fulfill(status=422, body=body, headers={"Access-Control-Allow-Origin": "*"}),
    )
    combobox(page).fill("compiler")
    expect(page.locator("[part=message]")).to_contain_text(said)
    console.clear()


# Text from strangers, and other people's pages


def test_markup_in_a_title_is_shown_as_text(open_site: Open) -> None:
    page = open_site()
    ask(page, "hostile markup")
    expect(page.get_by_role("option").first).to_contain_text("<img src=x onerror=alert(1)> <script>")
    assert page.locator("paper-search img, paper-search script").count() == 0
    for option in page.get_by_role("option").all():
        assert (option.get_attribute("href") or "").startswith("http")


def test_two_boxes_share_a_page(open_site: Open) -> None:
    page = open_site('<paper-search></paper-search><paper-search label="Second" limit="2"></paper-search>')
    second = page.get_by_role("combobox", name="Second")
    second.fill("congestion")
    expect(page.get_by_role("option")).to_have_count(2)
    expect(second).to_have_attribute("aria-expanded", "true")
    expect(combobox(page)).to_have_attribute("aria-expanded", "false")
    ask(page)
    expect(page.get_by_role("option")).to_have_count(8)
    expect(second).to_have_attribute("aria-expanded", "false")


def test_the_script_may_come_twice(open_site: Open, live_server: str) -> None:
    page = open_site(head=f'<script src="{live_server}/static/paper-search.js"></script>')
    ask(page)
    expect(page.get_by_role("option")).to_have_count(8)


def test_a_box_that_is_taken_out_lets_go_of_the_keys(open_site: Open) -> None:
    page = open_site()
    page.evaluate("window.box = document.querySelector('paper-search'); box.remove()")
    slash = "new KeyboardEvent('keydown', { key: '/', cancelable: true })"
    assert page.evaluate(f"document.dispatchEvent({slash})"), "the key was taken"
    page.evaluate("document.body.append(box)")
    page.keyboard.press("/")
    expect(combobox(page)).to_be_focused()


def test_it_keeps_its_looks_on_a_strict_and_ugly_page(open_site: Open, live_server: str) -> None:
    page = open_site(
        head=f"""
        <meta http-equiv="Content-Security-Policy"
              content="default-src 'none'; script-src {live_server}; connect-src {live_server}">"""
    )
    ask(page)
    # Playwright evaluates outside the policy; a violation would be a console error, which fails the test.
    assert page.locator("[part=panel]").evaluate("panel => getComputedStyle(panel).position") == "absolute"
    assert page.locator("[part=title]").first.evaluate("title => getComputedStyle(title).fontWeight") == "600"


def test_properties_and_parts_theme_it(open_site: Open) -> None:
    page = open_site(
        head="""<style>
        paper-search { --paper-search-accent: rgb(1, 2, 3) }
        paper-search::part(input) { border-radius: 20px }
    </style>"""
    )
    ask(page)
    style = "(element, name) => getComputedStyle(element)[name]"
    assert page.locator("[part=all]").evaluate(style, "color") == "rgb(1, 2, 3)"
    assert combobox(page).evaluate(style, "borderRadius") == "20px"


def test_it_is_dark_where_the_page_is(open_site: Open) -> None:
    page = open_site()
    ask(page)
    background = "panel => getComputedStyle(panel).backgroundColor"
    assert page.locator("[part=panel]").evaluate(background) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark")
    assert page.locator("[part=panel]").evaluate(background) == "rgb(26, 27, 32)"
    page.evaluate("document.querySelector('meta[name=color-scheme]').content = 'light'")
    assert page.locator("[part=panel]").evaluate(background) == "rgb(255, 255, 255)"


def test_it_fits_a_phone(open_site: Open) -> None:
    page = open_site(head='<meta name="viewport" content="width=device-width">')
    page.set_viewport_size({"width": 320, "height": 600})
    ask(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_site: Open, scheme: str) -> None:
    page = open_site()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for state in ("closed", "open", "active"):
        if state == "open":
            ask(page)
        if state == "active":
            page.keyboard.press("ArrowDown")
        violations = Axe().run(page).response["violations"]
        assert [
            (state, found["id"], [node["html"] for node in found["nodes"]])
            for found in violations
            if found["impact"] in {"serious", "critical"}
        ] == []
