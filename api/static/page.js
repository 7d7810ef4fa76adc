/* Keeps the results in step with the search form.
 *
 * Without this file the page is a plain form. The server renders every state; this file asks for that same page
 * and swaps the elements marked data-live, so the markup is written once.
 *
 * History: the first change after a search that the reader settled on (submitted, clicked, or arrived at) makes a new
 * entry, further typing replaces it. So "back" returns to searches, never to half-typed words.
 */
const PAUSE = 200; // milliseconds without a keystroke

const form = document.getElementById("search");
const main = document.getElementById("main");
const status = document.getElementById("status");

let timer;
let request;
let settled = true;
let shown = location.pathname + location.search;

function address() {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    if (value.trim() && !(name === "mode" && value === "hybrid")) url.searchParams.set(name, value.trim());
  }
  return url;
}

function fill(url) {
  for (const field of form.elements) {
    const value = url.searchParams.get(field.name) ?? "";
    if (field.type === "radio") field.checked = field.value === (value || "hybrid");
    else if (field.name) field.value = value;
  }
}

function say(text, failed = false) {
  status.className = failed ? "failure" : "unseen";
  status.textContent = text;
}

function swap(page) {
  for (const part of document.querySelectorAll("[data-live]")) {
    part.replaceChildren(...page.getElementById(part.id).childNodes);
  }
  main.dataset.state = page.getElementById("main").dataset.state;
  document.title = page.title;
}

/* Show one address. `entry` is "push", "replace" or "keep"; answers true when this was still the newest request. */
async function show(url, entry) {
  clearTimeout(timer);
  request?.abort();
  const mine = (request = new AbortController());
  if (entry !== "keep" && url.href !== location.href) history[`${entry}State`](null, "", url);
  shown = url.pathname + url.search;
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { signal: mine.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (request !== mine) return false;
    swap(page); // throws when this is some other page, a proxy's for one
    say(main.querySelector("h1").textContent);
  } catch {
    if (request !== mine) return false;
    say("The search service does not answer. What you see below is older; press Enter to try again.", true);
  }
  main.removeAttribute("aria-busy");
  return true;
}

function typed() {
  if (!form.checkValidity()) return; // half a year, for one
  const url = address();
  if (url.pathname + url.search === shown) return;
  show(url, settled ? "push" : "replace");
  settled = false;
}

function later(event) {
  clearTimeout(timer);
  if (!event.isComposing) timer = setTimeout(typed, PAUSE);
}

// The filters stand outside the form's element and belong to it by their `form` attribute: hence the document.
document.addEventListener("input", (event) => event.target.form === form && later(event));
document.addEventListener("compositionend", (event) => event.target.form === form && later(event));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(address(), settled ? "push" : "replace");
  settled = true;
});

main.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-live] a");
  const elsewhere = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || elsewhere || link.origin + link.pathname !== form.action) return;
  event.preventDefault();
  const url = new URL(link.href);
  fill(url);
  settled = true;
  if (!(await show(url, "push"))) return;
  scrollTo(0, 0);
  main.querySelector("h1").focus({ preventScroll: true });
});

addEventListener("popstate", () => {
  const url = new URL(location.href);
  if (url.pathname + url.search === shown) return; // only the fragment changed
  fill(url);
  settled = true;
  show(url, "keep");
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  event.preventDefault();
  form.elements.q.select();
});

document.documentElement.classList.add("live");
