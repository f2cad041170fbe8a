// The camera of the face check. Finds [data-face]: a form that is sent when the check is over.
// One picture is sent at a time, and the next only after the answer: a slow network makes fewer pictures, not a queue.

const WIDTH = 640;
const HEIGHT = 480;
const QUALITY = 0.85;
const PAUSE_MS = 60;
const BUSY_PAUSE_MS = 700;
const LONGEST_MS = 70000;
const SAY_AGAIN_MS = 800;
const ARROWS = { left: "←", right: "→", up: "↑" };

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The words of the page for a hint of the server: `no_face` is data-say-no-face. */
function wordsFor(form, hint) {
  return form.getAttribute(`data-say-${hint.replace("_", "-")}`) ?? "";
}

/** Says one thing at a time, in letters, to screen readers, and aloud to those who want that. */
class Teller {
  constructor(form) {
    this.form = form;
    this.place = form.querySelector("[data-face-say]");
    this.arrow = form.querySelector("[data-face-arrow]");
    this.step = form.querySelector("[data-face-step]");
    this.aloud = form.querySelector("[data-face-aloud]");
    this.since = 0;
    this.aloud.hidden = !("speechSynthesis" in window);
    this.aloud.addEventListener("click", () => this.speakUp(this.aloud.getAttribute("aria-pressed") !== "true"));
  }

  speakUp(wanted) {
    this.aloud.setAttribute("aria-pressed", String(wanted));
    if (!wanted) speechSynthesis.cancel();
  }

  hint(name) {
    this.say(wordsFor(this.form, name));
    this.arrow.textContent = ARROWS[name] ?? "";
    this.arrow.dataset.towards = name;
  }

  progress(passed, count) {
    const number = Math.min(passed + 1, count);
    this.step.textContent = this.form.dataset.sayStep.replace("{number}", number).replace("{count}", count);
  }

  say(words) {
    const now = performance.now();
    if (this.place.textContent === words) return;
    this.place.textContent = words;
    if (this.aloud.getAttribute("aria-pressed") !== "true" || now - this.since < SAY_AGAIN_MS) return;
    this.since = now;
    try {
      const spoken = new SpeechSynthesisUtterance(words);
      spoken.lang = document.documentElement.lang;
      speechSynthesis.cancel();
      speechSynthesis.speak(spoken);
    } catch {
      // The words stand on the page as well.
      this.speakUp(false);
    }
  }
}

/** What the server says to a form, or words for the person when it says nothing that we understand. */
async function ask(form, address, more) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(more)) body.set(name, value);
  let response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
  } catch {
    return { problem: form.dataset.noAnswer };
  }
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (response.redirected || !isJson) return { problem: form.dataset.expired };
  return response.json();
}

/** The camera's present picture as a small JPEG; cut to 4:3 from the middle. */
function picture(video, canvas) {
  const scale = Math.max(WIDTH / video.videoWidth, HEIGHT / video.videoHeight);
  const width = video.videoWidth * scale;
  const height = video.videoHeight * scale;
  canvas.getContext("2d").drawImage(video, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}

async function openCamera(video) {
  const wanted = { video: { width: { ideal: WIDTH }, height: { ideal: HEIGHT }, facingMode: "user" }, audio: false };
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  video.srcObject = stream;
  await video.play();
  return stream;
}

/** Send pictures until the check is over. Returns the words of what went wrong, or nothing. */
async function look(form, video, teller) {
  const canvas = Object.assign(document.createElement("canvas"), { width: WIDTH, height: HEIGHT });
  let state = await ask(form, form.dataset.begin, {});
  if (state.problem) return state.problem;
  form.querySelector("[data-face-challenge]").value = state.challenge;
  const until = performance.now() + LONGEST_MS;
  while (performance.now() < until) {
    teller.hint(state.hint);
    teller.progress(state.passed, state.of);
    const frame = await picture(video, canvas);
    const answer = await ask(form, form.dataset.frame, { step: state.step, frame });
    if (answer.problem) return answer.problem;
    if (answer.over) return undefined;
    if (answer.busy) teller.hint("busy");
    else state = answer;
    await pause(answer.busy ? BUSY_PAUSE_MS : PAUSE_MS);
  }
  return undefined;
}

function prepare(form) {
  const start = form.querySelector("[data-face-start]");
  const stage = form.querySelector("[data-face-stage]");
  const video = form.querySelector("[data-face-video]");
  const teller = new Teller(form);

  async function run() {
    start.hidden = true;
    stage.hidden = false;
    let stream;
    try {
      stream = await openCamera(video);
    } catch {
      stage.hidden = true;
      start.hidden = false;
      teller.say(form.dataset.noCamera);
      return;
    }
    stage.scrollIntoView({ block: "nearest" });
    const problem = await look(form, video, teller);
    for (const track of stream.getTracks()) track.stop();
    stage.hidden = true;
    if (problem) {
      start.hidden = false;
      teller.say(problem);
      return;
    }
    teller.hint("over");
    form.submit();
  }

  if (!navigator.mediaDevices) {
    teller.say(form.dataset.noCamera);
    return;
  }
  start.hidden = false;
  start.addEventListener("click", run);
}

document.querySelectorAll("[data-face]").forEach(prepare);
