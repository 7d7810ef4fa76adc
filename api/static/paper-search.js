/* <paper-search>: a search box over papers, for any page.
 *
 *   <script src="https://papers.example.org/static/paper-search.js" async></script>
 *   <paper-search></paper-search>
 *
 * Attributes  src (without it, where this script came from), placeholder, label, limit (8)
 * Events      paper-search-select: detail is the chosen paper; preventDefault() stays on the page
 *             paper-search-results: detail is the answer of GET /v1/search
 * Theme       paper-search { --paper-search-accent: #b00 }, also -background, -text, -muted, -border;
 *             ::part(input, panel, list, option, title, facts, message, all). Font and color-scheme: the page's.
 * Keys        / or Ctrl/Cmd-K, arrows, Enter, Escape
 *
 * On another origin the service must allow the page: papersearch serve --cors-origin https://your.site
 */
(() => {
  const PAUSE = 150; // ms without a keystroke
  const script = document.currentScript ?? document.querySelector('script[src*="paper-search.js"]');
  const home = new URL("..", script?.src || `${location.origin}/static/`);

  const service = (src) => {
    const url = new URL(src || home, location.href);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  };

  const address = (base, path, query) => new URL(`${path}?${new URLSearchParams(query)}`, base).href;

  const paperAddress = (base, { id, url }) =>
    /^https?:\/\//i.test(url ?? "") ? url : new URL("papers/" + id.split("/").map(encodeURIComponent).join("/"), base).href;

  const facts = ({ authors, venue, year }) => {
    const names = authors.slice(0, 4).join(", ") + (authors.length > 4 ? " and others" : "");
    return [names, venue, venue?.includes(year) ? "" : year].filter(Boolean).join(" · ");
  };

  const tally = ({ hits: { length }, total, good_match: good }) =>
    length && good === false ? "No good match. These papers come nearest." :
    length ? `${length} of ${total.toLocaleString("en")} paper${total === 1 ? "" : "s"}` : "No paper found. Try other words.";

  const silence = ({ host, origin }) =>
    `${host} does not answer.` + (origin === location.origin ? "" : ` If it runs, it needs --cors-origin ${location.origin}`);

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  };

  /* Asks the service: the newest question only, none of the last 50 twice. */
  class Client {
    #answers = new Map();
    #request;

    stop() {
      this.#request?.abort();
      this.#request = undefined;
    }

    /* The answer; nothing when a newer question took its place. */
    async ask(base, url) {
      this.stop();
      if (this.#answers.has(url)) return this.#answers.get(url);
      const mine = (this.#request = new AbortController());
      const response = await fetch(url, { signal: mine.signal }).catch(() => {});
      const answer = await response?.json().catch(() => ({}));
      if (this.#request !== mine) return;
      if (!response) throw new Error(silence(base));
      if (!answer.hits) throw new Error(answer.detail || answer.title || `${base.host} answers with HTTP ${response.status}.`);
      this.#answers.set(url, answer);
      if (this.#answers.size > 50) this.#answers.delete(this.#answers.keys().next().value);
      return answer;
    }
  }

  /* The combobox: what typing, keys and the pointer do to the parts. */
  class Combobox {
    #host;
    #client = new Client();
    #timer;
    #hits = [];
    #active = -1;
    input = make("input", {
      part: "input", role: "combobox", autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "list",
    });
    list = make("div", { part: "list", role: "listbox", id: "list" });
    #message = make("span", { part: "message" });
    #all = make("a", { part: "all" }, "See all");
    #panel = make("div", { part: "panel", hidden: "" }, this.list, make("p", {}, this.#message, this.#all));
    #status = make("div", { id: "status", role: "status" });
    box = make("div", { id: "box" }, this.input, this.#panel, this.#status);

    constructor(host) {
      this.#host = host;
      this.input.addEventListener("input", (event) => event.isComposing || this.#later());
      this.input.addEventListener("compositionend", () => this.#later());
      this.input.addEventListener("keydown", (event) => this.#key(event));
      this.input.addEventListener("focus", () => this.#hits.length && this.#open());
      this.#panel.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the input
      this.list.addEventListener("click", (event) => this.#choose(event));
      this.box.addEventListener("focusout", (event) => this.box.contains(event.relatedTarget) || this.#close());
    }

    stop() {
      clearTimeout(this.#timer);
      this.#client.stop();
    }

    clear() {
      this.stop();
      this.#hits = [];
      this.list.replaceChildren();
      this.#close();
      this.#say("");
    }

    #later() {
      this.stop();
      this.#activate(-1);
      const q = this.input.value.trim();
      if (q) this.#timer = setTimeout(() => this.#search(q), PAUSE);
      else this.clear();
    }

    async #search(q) {
      try {
        const { base, limit } = this.#host;
        const answer = await this.#client.ask(base, address(base, "v1/search", { q, limit }));
        if (answer) this.#show(base, answer, address(base, "", { q }));
      } catch (error) {
        this.clear();
        this.#say(error.message);
        this.#open();
      }
    }

    #show(base, answer, all) {
      const options = answer.hits.map(({ paper }, index) =>
        make("a", { part: "option", role: "option", id: `option-${index}`, tabindex: "-1", href: paperAddress(base, paper) },
          make("span", { part: "title", dir: "auto" }, paper.title),
          make("span", { part: "facts" }, facts(paper))));
      this.#hits = answer.hits;
      this.list.replaceChildren(...options);
      this.#activate(-1);
      this.list.scrollTop = 0;
      this.#all.href = all;
      this.#say(tally(answer));
      this.#open();
      this.#host.tell("results", answer);
    }

    #say(text) {
      this.#message.textContent = this.#status.textContent = text;
      this.#all.hidden = !this.#hits.length;
    }

    #open() {
      if (!this.input.matches(":focus")) return;
      this.#panel.hidden = false;
      this.input.setAttribute("aria-expanded", this.#hits.length > 0);
    }

    #close() {
      this.#panel.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.#activate(-1);
    }

    #activate(index) {
      const options = [...this.list.children];
      for (const option of options) option.ariaSelected = option === options[index];
      this.#active = index;
      this.input.setAttribute("aria-activedescendant", options[index]?.id ?? "");
      options[index]?.scrollIntoView({ block: "nearest" });
    }

    /* Arrows walk the options and, between last and first, the input. Home and End need an active option. */
    #key(event) {
      const { key } = event;
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const count = this.#hits.length;
      const active = this.#active;
      const q = this.input.value.trim();
      if (count && (key === "ArrowDown" || key === "ArrowUp")) {
        this.#open();
        this.#activate(((active + 1 + (key === "ArrowDown" ? 1 : count)) % (count + 1)) - 1);
      } else if (active >= 0 && (key === "Home" || key === "End")) {
        this.#activate(key === "Home" ? 0 : count - 1);
      } else if (active >= 0 && key === "Enter") {
        this.list.children[active].click();
      } else if (q && key === "Enter") {
        location.assign(address(this.#host.base, "", { q }));
      } else if (key === "Escape" && !this.#panel.hidden) {
        this.stop();
        this.#close();
      } else if (key === "Escape" && this.input.value) {
        this.input.value = "";
        this.clear();
      } else return;
      event.preventDefault();
    }

    #choose(event) {
      const hit = this.#hits[[...this.list.children].indexOf(event.target.closest("a"))];
      if (hit && !this.#host.tell("select", hit.paper)) event.preventDefault();
    }
  }

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
:host { display: block; text-align: start; }
:host([hidden]), [hidden], [part=list]:empty { display: none !important; }
* { box-sizing: border-box; }
#box {
  --accent: var(--paper-search-accent, light-dark(#2536c4, #a9b5ff));
  --background: var(--paper-search-background, light-dark(#fff, #1a1b20));
  --text: var(--paper-search-text, light-dark(#17181c, #e8e7e3));
  --muted: var(--paper-search-muted, light-dark(#595c66, #a9acb6));
  --edge: 1px solid var(--paper-search-border, light-dark(#85878f, #72757f));
  position: relative; color: var(--text); line-height: 1.4;
}
input { width: 100%; margin: 0; padding: .625em .875em; border: var(--edge); border-radius: 6px; background: var(--background); color: inherit; font: inherit; }
::placeholder, p, [part=facts] { color: var(--muted); opacity: 1; }
input:focus, a:focus-visible { outline: 2px solid var(--accent); outline-offset: -1px; }
[part=panel] { position: absolute; z-index: 1000; inset-inline: 0; top: calc(100% + 6px); overflow: hidden; border: var(--edge); border-radius: 6px; background: var(--background); box-shadow: 0 12px 32px #0003; }
[part=list] { max-height: min(26rem, 60vh); overflow-y: auto; border-bottom: var(--edge); }
a { color: var(--accent); }
[part=option] { display: block; padding: .625em .875em; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
[part=option]:is(:hover, [aria-selected=true]) { background: color-mix(in srgb, var(--accent) 10%, transparent); }
[part=option][aria-selected=true] { box-shadow: inset 3px 0 var(--accent); }
span { display: block; }
[part=title] { font-weight: 600; }
[part=facts], p { font-size: .8125em; }
p { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1em; margin: 0; padding: .75em 1.08em; overflow-wrap: anywhere; }
#status { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }`);

  /* The element: attributes in, events out. */
  class PaperSearch extends HTMLElement {
    static observedAttributes = ["src", "placeholder", "label", "limit"];

    #combobox = new Combobox(this);

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open", delegatesFocus: true });
      root.adoptedStyleSheets = [sheet];
      root.append(this.#combobox.box);
      this.attributeChangedCallback();
    }

    get base() {
      return service(this.getAttribute("src"));
    }

    get limit() {
      return Math.min(50, Math.max(1, Number.parseInt(this.getAttribute("limit"), 10) || 8));
    }

    connectedCallback() {
      document.addEventListener("keydown", this.#shortcut);
    }

    disconnectedCallback() {
      document.removeEventListener("keydown", this.#shortcut);
      this.#combobox.stop();
    }

    attributeChangedCallback(name) {
      const { input, list } = this.#combobox;
      const label = this.getAttribute("label") || "Search papers";
      input.placeholder = this.getAttribute("placeholder") || "Search papers";
      input.ariaLabel = list.ariaLabel = label;
      if (name === "src" || name === "limit") this.#combobox.clear();
    }

    /* Dispatches an event; false when somebody prevented what would follow. */
    tell(name, detail) {
      return this.dispatchEvent(new CustomEvent(`paper-search-${name}`, { detail, bubbles: true, composed: true, cancelable: name === "select" }));
    }

    #shortcut = (event) => {
      const held = event.ctrlKey || event.metaKey;
      if (event.defaultPrevented || event.altKey || !(held ? /^k$/i : /^\/$/).test(event.key)) return;
      const [target] = event.composedPath();
      if (target.isContentEditable || target.matches?.("input, textarea, select")) return;
      event.preventDefault();
      this.#combobox.input.focus();
      this.#combobox.input.select();
    };
  }

  if (!customElements.get("paper-search")) customElements.define("paper-search", PaperSearch);
})();
