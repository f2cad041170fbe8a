// Has a passkey on this phone agree to the sign-in on the other screen. Finds [data-qr-approve].

function approve(form) {
  const yes = form.querySelector("[data-qr-yes]");
  const status = form.querySelector("[data-qr-approve-status]");
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    status.textContent = form.dataset.noPasskeys;
    return;
  }
  const question = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(form.dataset.qrApprove));

  async function answer() {
    status.textContent = form.dataset.asking;
    let credential;
    try {
      credential = await navigator.credentials.get({ publicKey: question });
    } catch {
      // Closed, refused, timed out: browsers do not say which, on purpose.
      status.textContent = form.dataset.notDone;
      return;
    }
    const fields = new URLSearchParams(new FormData(form));
    fields.set("answer", JSON.stringify(credential.toJSON()));
    await send(fields);
  }

  async function send(fields) {
    try {
      const response = await fetch("/qr/approve", {
        method: "POST",
        body: fields,
        headers: { Accept: "application/json" },
      });
      const said = await response.json();
      if (said.next) {
        window.location.replace(said.next);
        return;
      }
      status.textContent = said.problem;
    } catch {
      status.textContent = form.dataset.unreachable;
    }
  }

  yes.addEventListener("click", async () => {
    yes.disabled = true;
    await answer();
    yes.disabled = false;
  });
  yes.hidden = false;
}

document.querySelectorAll("[data-qr-approve]").forEach(approve);
