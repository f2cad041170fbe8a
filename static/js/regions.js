// Narrows the list of regions while somebody types, by asking the server the same question that the form asks.
// Finds [data-region-search], [data-region-results] and, within, [data-region-status].

const PAUSE_MS = 180;

const form = document.querySelector("[data-region-search]");
const results = document.querySelector("[data-region-results]");
const input = form.querySelector("input[type=search]");
let timer;
let asking;
let shown = input.value;

/** Ask, and put the answer in the place of the list. An answer that was overtaken is dropped. */
async function narrow() {
  if (input.value === shown) {
    return;
  }
  shown = input.value;
  asking?.abort();
  asking = new AbortController();
  const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
  try {
    const response = await fetch(address, { signal: asking.signal, credentials: "same-origin" });
    if (!response.ok) {
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.querySelector("[data-region-results]");
    if (found !== null) {
      replace(found);
    }
  } catch {
    // Overtaken, or the network is away: the button still asks the server.
  }
}

/** The status line stays the same element, so that a screen reader hears it change. */
function replace(found) {
  const status = results.querySelector("[data-region-status]");
  const said = found.querySelector("[data-region-status]").textContent.trim();
  const list = results.querySelector("form");
  list.replaceChildren(...found.querySelector("form").children);
  status.textContent = said;
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(narrow, PAUSE_MS);
});
