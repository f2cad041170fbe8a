// Passkeys: asks the browser, and sends its answer as an ordinary form. Finds [data-passkey], [data-passkey-able],
// [data-without-passkeys], [data-passkey-signal] and [data-passkey-forget]. Words come from the form's attributes.

const RENEW_MS = 4 * 60 * 1000; // A question may be answered for five minutes; one that waits unseen is renewed earlier.
const WORDS = { NotAllowedError: "cancelled", InvalidStateError: "exists", TypeError: "offline" };

const canUsePasskeys =
  typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === "function" &&
  typeof PublicKeyCredential.prototype.toJSON === "function";

let waiting = null; // What stops the question behind the user name: a browser answers one at a time.

class Told extends Error {} // The provider said in words why not.
class Over extends Error {} // Signed out meanwhile, or the page is too old: loaded anew, it knows the way from there.

async function question(form) {
  const response = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("application/json")) {
    throw new Over();
  }
  const said = await response.json();
  if (said.problem) {
    throw new Told(said.problem);
  }
  return said;
}

function get(options, extra) {
  return navigator.credentials.get({ ...extra, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function create(options) {
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
}

function send(form, challenge, credential) {
  form.elements.challenge.value = challenge;
  form.elements.answer.value = JSON.stringify(credential.toJSON());
  form.submit();
}

async function start(form, wish) {
  const status = form.querySelector("[data-passkey-status]");
  if ("busy" in form.dataset) {
    return;
  }
  form.dataset.busy = "";
  status.textContent = form.dataset.working;
  waiting?.abort();
  try {
    if (form.elements.kind) {
      form.elements.kind.value = wish;
    }
    const { challenge, options } = await question(form);
    if (form.dataset.passkey === "create") {
      send(form, challenge, await create(options));
    } else {
      send(form, challenge, await get(wish === "hybrid" ? { ...options, hints: ["hybrid"] } : options, {}));
    }
  } catch (error) {
    if (error instanceof Over) {
      location.reload();
    }
    status.textContent = error instanceof Told ? error.message : form.dataset[WORDS[error.name] ?? "failed"];
  } finally {
    delete form.dataset.busy;
  }
}

/** Offer passkeys where the browser suggests user names; says nothing when it cannot. */
async function autofill(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
    return;
  }
  const stop = new AbortController();
  const renewal = setTimeout(() => {
    stop.abort();
    autofill(form);
  }, RENEW_MS);
  waiting = stop;
  stop.signal.addEventListener("abort", () => clearTimeout(renewal));
  try {
    const { challenge, options } = await question(form);
    send(form, challenge, await get(options, { mediation: "conditional", signal: stop.signal }));
  } catch {
    // Nobody asked for it, so nobody needs to hear that it stopped: the buttons on the page stay.
    clearTimeout(renewal);
  }
}

async function offerPhone(button) {
  const can = await PublicKeyCredential.getClientCapabilities?.();
  button.hidden = !can?.hybridTransport;
}

/** Let whoever keeps the person's passkeys know which of them are still good, and what the account is called. */
function signal({ rpId, user, accepted, username, displayName }) {
  const allAcceptedCredentialIds = accepted ? accepted.split(" ") : [];
  PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId: user, allAcceptedCredentialIds }).catch(() => {});
  PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId: user, name: username, displayName }).catch(() => {});
}

function forget({ rpId, credential }) {
  PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId: credential }).catch(() => {});
}

/** Say with the next form whether this device could make a passkey, so that only those are offered one. */
async function sayWhetherAble(input) {
  const able = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  input.value = able ? "1" : "";
}

function wake(form) {
  form.hidden = !form.querySelector("[data-passkey-start]");
  form.querySelectorAll("[data-passkey-start]").forEach((button) => {
    button.addEventListener("click", () => start(form, button.dataset.passkeyStart));
  });
  form.querySelectorAll('[data-passkey-start="hybrid"]').forEach(offerPhone);
  if ("autofill" in form.dataset) {
    autofill(form);
    // The way that leads to the page with the button can be gone in place.
    document.querySelectorAll('a[data-way="passkey"]').forEach((link) => {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        start(form, "");
      });
    });
  }
}

if (canUsePasskeys) {
  document.querySelectorAll("[data-without-passkeys]").forEach((words) => (words.hidden = true));
  document.querySelectorAll("[data-passkey]").forEach(wake);
  document.querySelectorAll("[data-passkey-able]").forEach(sayWhetherAble);
  document.querySelectorAll("[data-passkey-signal]").forEach((element) => signal(element.dataset));
  document.querySelectorAll("[data-passkey-forget]").forEach((element) => forget(element.dataset));
}
