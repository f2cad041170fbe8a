// The screen that is signed in by scanning: asks for a code, redraws it, says how things stand, goes on when the
// phone has agreed. Finds [data-qr-screen]; without scripts the page offers the other ways.

const ASK_EVERY_MS = 2000;
const SLOW_AFTER_MS = 8000;
const OPEN = ["waiting", "claimed", "matched"];

function watchScreen(screen) {
  const finish = screen.querySelector("[data-qr-finish]");
  const ids = document.querySelectorAll("[data-qr-id]");
  const status = screen.querySelector("[data-qr-status]");
  const trouble = screen.querySelector("[data-qr-trouble]");
  const drawing = screen.querySelector("[data-qr-drawing]");
  const number = screen.querySelector("[data-qr-number]");
  const again = screen.querySelector("[data-qr-again]");
  const sections = Array.from(screen.querySelectorAll("[data-when]"));
  let shown = "";
  let timer;
  let asking = new AbortController();

  /** One question at a time: a new one takes the place of the one before, and waits for its answer. */
  async function ask(address) {
    clearTimeout(timer);
    asking.abort();
    const mine = new AbortController();
    asking = mine;
    const patience = setTimeout(() => mine.abort(), SLOW_AFTER_MS);
    const answer = await answered(address, mine.signal);
    clearTimeout(patience);
    if (asking !== mine) {
      return;
    }
    if (answer === null) {
      trouble.textContent = screen.dataset.unreachable;
      timer = setTimeout(() => ask(address), ASK_EVERY_MS);
      return;
    }
    trouble.textContent = answer.problem ?? "";
    if (answer.problem) {
      drawing.replaceChildren();
      return;
    }
    take(answer);
  }

  /** What the server says; null when it cannot be reached. */
  async function answered(address, signal) {
    try {
      const response = await fetch(address, {
        method: "POST",
        body: new URLSearchParams(new FormData(finish)),
        headers: { Accept: "application/json" },
        signal,
      });
      if (response.headers.get("Content-Type")?.startsWith("application/json")) {
        return await response.json();
      }
      // A page in words instead: this transaction is over, or belongs to another browser.
      return response.status < 500 ? { problem: screen.dataset.pageOver } : null;
    } catch {
      return null;
    }
  }

  function take(answer) {
    if (answer.sign_in) {
      ids.forEach((field) => (field.value = answer.sign_in));
    }
    if (answer.drawing) {
      // Drawn by our own server from a text that is ours; nobody's input is in it.
      drawing.innerHTML = answer.drawing;
    }
    number.textContent = answer.number ?? "";
    show(answer.state);
    if (answer.state === "approved") {
      finish.submit();
    } else if (OPEN.includes(answer.state) && !document.hidden) {
      timer = setTimeout(() => ask("/login/qr/state"), ASK_EVERY_MS);
    }
  }

  function show(state) {
    if (state !== "waiting") {
      drawing.replaceChildren();
    }
    if (state === shown) {
      return;
    }
    shown = state;
    for (const section of sections) {
      section.hidden = section.dataset.when !== state;
      if (!section.hidden) {
        // Said once for each change: the code is redrawn all the time, and nobody wants to hear of that.
        status.textContent = `${section.dataset.said} ${number.textContent}`.trim();
      }
    }
  }

  again.addEventListener("click", () => ask("/login/qr/begin"));

  // A page in the background asks nothing; when it is looked at again it asks at once.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && OPEN.includes(shown)) {
      ask("/login/qr/state");
    }
  });

  screen.hidden = false;
  ask("/login/qr/begin");
}

document.querySelectorAll("[data-qr-screen]").forEach(watchScreen);
