// Keeps a shown code fresh, and goes on as soon as an office has redeemed it. Finds [data-shown-code].

const LOOK_EVERY_MS = 2000;
const TICK_MS = 1000;

async function asked(address, options) {
  const response = await fetch(address, { cache: "no-store", ...options });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  return response.json();
}

function start(panel) {
  const countdown = panel.querySelector("[data-countdown]");
  const status = panel.querySelector("[data-status]");
  const { showing, csrf } = panel.dataset;
  let changesAt = Date.now() + Number(panel.dataset.seconds) * 1000;
  let isBusy = false;

  function drawn({ qr, digits, seconds }) {
    const picture = new DOMParser().parseFromString(qr, "image/svg+xml").documentElement;
    panel.querySelector("[data-qr]").replaceChildren(document.importNode(picture, true));
    panel.querySelector("[data-digits]").textContent = digits;
    changesAt = Date.now() + seconds * 1000;
  }

  /** One question to the server at a time; what it says about the end of the showing is followed. */
  async function ask(address, options, use = () => {}) {
    if (isBusy) return;
    isBusy = true;
    try {
      const answer = await asked(address, options);
      status.textContent = "";
      if (answer.next) location.replace(answer.next);
      else use(answer);
    } catch {
      status.textContent = panel.dataset.failed;
    } finally {
      isBusy = false;
    }
  }

  function tick() {
    const left = Math.ceil((changesAt - Date.now()) / 1000);
    countdown.textContent = panel.dataset.left.replace("{seconds}", String(Math.max(0, left)));
    if (left > 0) return;
    const body = new URLSearchParams({ showing, csrf_token: csrf });
    ask("/account/code/next", { method: "POST", body }, drawn);
  }

  for (const element of document.querySelectorAll("[data-script]")) element.hidden = false;
  for (const element of document.querySelectorAll("[data-no-script]")) element.hidden = true;
  setInterval(tick, TICK_MS);
  setInterval(() => ask(`/account/code/state?showing=${encodeURIComponent(showing)}`), LOOK_EVERY_MS);
  tick();
}

document.querySelectorAll("[data-shown-code]").forEach(start);
