// Takes the scanned code out of the address and sends it as a form. Finds [data-qr-landing].

const LONGEST_CODE = 128;

function sendCode(form) {
  const code = window.location.hash.slice(1);
  // Out of the address bar and the history, so that it is neither seen nor sent a second time.
  window.history.replaceState(null, "", window.location.pathname);
  if (!code || code.length > LONGEST_CODE) {
    return;
  }
  const status = document.querySelector("[data-qr-landing-status]");
  status.textContent = status.dataset.reading;
  form.elements.code.value = code;
  form.submit();
}

document.querySelectorAll("[data-qr-landing]").forEach(sendCode);
