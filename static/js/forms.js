// Makes forms kinder where scripts run; every form works without them.
// Finds [data-problem], [data-send-once] and [data-reveal].

const SLOW_AFTER_MS = 10000;

/** Bring keyboard and screen reader to what is wrong. */
function meetProblem(summary) {
  summary.focus();
}

/** Let a form be sent once; say so in words when the answer is long in coming, and let it be sent again. */
function sendOnce(form) {
  const status = form.querySelector("[data-send-status]");
  let timer;

  function release() {
    clearTimeout(timer);
    delete form.dataset.sending;
  }

  form.addEventListener("submit", (event) => {
    if ("sending" in form.dataset) {
      event.preventDefault();
      return;
    }
    form.dataset.sending = "";
    status.textContent = "";
    timer = setTimeout(() => {
      release();
      status.textContent = form.dataset.slow;
    }, SLOW_AFTER_MS);
  });

  // The browser's Back button may bring the page back as it was left: waiting.
  window.addEventListener("pageshow", release);
}

/** A button that shows and hides what was typed; on sending it is hidden again, so that it is saved as a password. */
function reveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  const label = button.querySelector("[data-label]");

  function show(visible) {
    input.type = visible ? "text" : "password";
    label.textContent = visible ? button.dataset.hide : button.dataset.show;
  }

  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
  button.hidden = false;
}

document.querySelectorAll("[data-problem]").forEach(meetProblem);
document.querySelectorAll("[data-send-once]").forEach(sendOnce);
document.querySelectorAll("[data-reveal]").forEach(reveal);
