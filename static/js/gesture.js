// Draws a pattern on nine dots, with finger, mouse or keyboard, and lets it unlock a key of this browser.
// Finds [data-gesture="sign-in"] and [data-gesture="enrol"]. The pattern stays here; what leaves is a signature.

const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };
const REACH = 0.36; // How near to a dot counts as on it, in widths of a field: corners can be cut.

/** The nine dots. Calls `onDrawn(path)` when a pattern is finished. */
class Board {
  constructor(root, shapes, onDrawn) {
    this.root = root;
    this.shapes = shapes;
    this.onDrawn = onDrawn;
    this.grid = root.querySelector("[data-grid]");
    this.line = root.querySelector("[data-line]");
    this.dots = Array.from(root.querySelectorAll("[data-dot]"));
    this.hiding = root.querySelector("[data-hide-lines]");
    this.path = [];
    this.stroke = null;
    this.listen();
    this.show();
  }

  listen() {
    this.grid.addEventListener("pointerdown", (event) => this.begin(event));
    this.grid.addEventListener("pointermove", (event) => this.draw(event));
    this.grid.addEventListener("pointerup", (event) => this.lift(event));
    this.grid.addEventListener("pointercancel", () => this.clear());
    this.grid.addEventListener("keydown", (event) => this.key(event));
    for (const dot of this.dots) {
      // A press of Space or Enter, or of a screen reader; a pointer has been heard already.
      dot.addEventListener("click", (event) => event.detail === 0 && this.add(Number(dot.dataset.dot)));
    }
    this.root.querySelector("[data-done]").addEventListener("click", () => this.finish());
    this.root.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    this.hiding.addEventListener("change", () => this.show());
  }

  begin(event) {
    const dot = this.dotNear(event);
    if (event.button !== 0 || dot === null) return;
    this.grid.setPointerCapture(event.pointerId);
    this.stroke = this.path.length;
    this.add(dot);
  }

  draw(event) {
    if (this.stroke === null) return;
    const dot = this.dotNear(event);
    if (dot !== null) this.add(dot);
  }

  /** A stroke over several dots is a pattern; a tap on one is a dot of a pattern that is tapped together. */
  lift() {
    const drawn = this.stroke === null ? 0 : this.path.length - this.stroke;
    const wasStroke = this.stroke === 0 && drawn > 1;
    this.stroke = null;
    if (wasStroke) this.finish();
  }

  key(event) {
    const index = this.dots.indexOf(document.activeElement);
    if (event.key in ARROWS) {
      this.focus(index, ARROWS[event.key]);
    } else if (/^[1-9]$/.test(event.key)) {
      this.add(Number(event.key));
    } else if (event.key === "Backspace" || event.key === "Escape") {
      this.clear();
    } else {
      return;
    }
    event.preventDefault();
  }

  focus(index, step) {
    const [row, column] = [Math.floor(index / 3), index % 3];
    const isSideways = Math.abs(step) === 1;
    const next = isSideways ? row * 3 + ((column + step + 3) % 3) : (index + step + 9) % 9;
    this.dots[next].focus();
  }

  dotNear(event) {
    for (const dot of this.dots) {
      const box = dot.getBoundingClientRect();
      const away = Math.hypot(event.clientX - box.x - box.width / 2, event.clientY - box.y - box.height / 2);
      if (away <= box.width * REACH) return Number(dot.dataset.dot);
    }
    return null;
  }

  add(dot) {
    const path = this.shapes.extended(this.path, dot);
    if (path === this.path) return;
    this.path = path;
    this.show();
    say(this.root, this.root.dataset.counted.replace("{count}", String(path.length)));
  }

  clear() {
    this.path = [];
    this.stroke = null;
    this.show();
    say(this.root, "");
  }

  finish() {
    const path = this.path;
    this.path = [];
    this.show();
    this.onDrawn(path);
  }

  show() {
    this.root.classList.toggle("gesture--hidden", this.hiding.checked);
    const places = this.path.map((dot) => `${((dot - 1) % 3) * 100 + 50},${Math.floor((dot - 1) / 3) * 100 + 50}`);
    this.line.setAttribute("points", this.hiding.checked ? "" : places.join(" "));
    for (const dot of this.dots) dot.setAttribute("aria-pressed", String(this.path.includes(Number(dot.dataset.dot))));
  }
}

function say(root, words) {
  root.querySelector("[data-status]").textContent = words;
}

/** Sign-in: one pattern, then the form goes off with the signature. */
function signIn(root, shapes, keys) {
  const mine = root.dataset.keys ? root.dataset.keys.split(" ") : null;
  const held = keys.entries().filter((entry) => mine === null || mine.includes(entry.id));
  offerToForget(root, keys);
  if (!held.length) return show(root, "none");
  const choose = offerChoice(root, held);
  show(root, "board");
  new Board(root, shapes, async (path) => {
    if (path.length < shapes.FEWEST_DOTS) return say(root, root.dataset.short);
    const entry = choose();
    say(root, root.dataset.busy);
    const form = root.querySelector("form");
    form.elements.signature.value = await keys.answer(path, entry, form.elements.challenge.value);
    form.elements.key.value = entry.id;
    form.submit();
  });
}

/** With several people's patterns in one browser: whose? The one tried last comes first. */
function offerChoice(root, held) {
  const field = root.querySelector("[data-choice]");
  const last = held.find((entry) => entry.id === root.dataset.last) ?? held[0];
  if (held.length === 1) return () => last;
  const select = field.querySelector("select");
  select.replaceChildren(...held.map((entry) => new Option(entry.label, entry.id, entry === last, entry === last)));
  field.hidden = false;
  return () => held.find((entry) => entry.id === select.value);
}

/** A key that we know nothing of any more can be removed from this browser. */
function offerToForget(root, keys) {
  const button = root.querySelector("[data-forget]");
  if (!button || !keys.entries().some((entry) => entry.id === button.dataset.forget)) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    keys.forget(button.dataset.forget);
    location.reload();
  });
}

/** Enrolment: the pattern twice, then the public key goes to the provider and the blob stays. */
function enrol(root, shapes, keys) {
  let first = null;
  show(root, "board");
  const start = (words) => {
    first = null;
    root.querySelector("[data-round]").textContent = root.dataset.roundOne;
    say(root, words);
  };
  new Board(root, shapes, async (path) => {
    if (first === null) {
      const fault = shapes.faultOf(path);
      if (fault !== null) return start(root.dataset[fault]);
      first = path.join();
      root.querySelector("[data-round]").textContent = root.dataset.roundTwo;
      return say(root, root.dataset.again);
    }
    if (first !== path.join()) return start(root.dataset.different);
    say(root, root.dataset.busy);
    await send(root, keys, path);
  });
}

async function send(root, keys, path) {
  const { key: id, label, challenge, csrf } = root.dataset;
  const made = await keys.make(path, { id, label, challenge });
  keys.keep(made.entry); // First: a browser that keeps nothing must not be enrolled.
  try {
    const { algorithm, publicKey, signature } = made;
    const fields = { csrf_token: csrf, challenge, algorithm, public_key: publicKey, signature };
    const response = await fetch(root.dataset.action, { method: "POST", body: new URLSearchParams(fields) });
    const answer = await response.json();
    if (!response.ok) throw new Refused(answer.problem);
    location.assign(answer.next);
  } catch (error) {
    keys.forget(id);
    throw error;
  }
}

/** The provider said no, in words for the person. */
class Refused extends Error {}

/** Show one part of the page: "board", "none" or "unable". */
function show(root, part) {
  for (const element of root.querySelectorAll("[data-part]")) element.hidden = element.dataset.part !== part;
}

async function start(root) {
  const [shapes, keys] = await Promise.all([import(root.dataset.shapes), import(root.dataset.modules)]);
  if (!keys.isAble()) return show(root, "unable");
  return root.dataset.gesture === "enrol" ? enrol(root, shapes, keys) : signIn(root, shapes, keys);
}

for (const root of document.querySelectorAll("[data-gesture]")) {
  const fail = (error) => say(root, error instanceof Refused ? error.message : root.dataset.failed);
  window.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    fail(event.reason);
  });
  start(root).catch(fail);
}
