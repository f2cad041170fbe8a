// Keys of this browser that a pattern unlocks. Knows cryptography and storage; nothing of pages or shapes.
//
// What is stored is the seed of a key, masked with what PBKDF2 makes of the pattern: sixty-four hexadecimal digits that
// look like any others. Every pattern unmasks some key, and nothing stored here tells which is the right one.

const PLACE = "tongxing.gestures";
const ROUNDS = 600000;
const SEED_BYTES = 32;
const LABEL = "tongxing gesture 1";

const ED25519 = {
  name: "Ed25519",
  parameters: { name: "Ed25519" },
  signing: { name: "Ed25519" },
  // RFC 8410 §7: a private key as the seed alone.
  wrapping: "302e020100300506032b657004220420",
  publicBytes: (jwk) => fromBase64(jwk.x),
};
const P256 = {
  name: "P-256",
  parameters: { name: "ECDSA", namedCurve: "P-256" },
  signing: { name: "ECDSA", hash: "SHA-256" },
  // RFC 5915 §3, without the public key: stored or not, it could be used to try patterns out.
  wrapping: "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
  publicBytes: (jwk) => Uint8Array.of(4, ...fromBase64(jwk.x), ...fromBase64(jwk.y)),
};
const ALGORITHMS = [ED25519, P256];

const utf8 = (text) => new TextEncoder().encode(text);
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (mark) => mark.charCodeAt(0));

/** Whether this browser can do what is needed here. */
export function isAble() {
  return Boolean(globalThis.crypto?.subtle);
}

/** What this browser holds. Nothing of it is secret by itself. */
export function entries() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "[]");
    return Array.isArray(kept) ? kept.filter((entry) => typeof entry?.id === "string") : [];
  } catch {
    // Storage that is switched off, or that something else wrote into: as good as empty.
    return [];
  }
}

/** Keep one more. Throws when the browser keeps nothing. */
export function keep(entry) {
  localStorage.setItem(PLACE, JSON.stringify([...entries().filter((other) => other.id !== entry.id), entry]));
}

/** Remove one. */
export function forget(id) {
  localStorage.setItem(PLACE, JSON.stringify(entries().filter((entry) => entry.id !== id)));
}

/** A new key for this pattern: what to keep, its public half, and an answer to the challenge. */
export async function make(path, { id, label, challenge }) {
  const algorithm = await usable();
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  const salt = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const entry = { id, label, algorithm: algorithm.name, salt, rounds: ROUNDS };
  const blob = toHex(masked(seed, await maskOf(path, entry)));
  const readable = await imported(algorithm, seed, true);
  const publicKey = algorithm.publicBytes(await crypto.subtle.exportKey("jwk", readable));
  return {
    entry: { ...entry, blob },
    algorithm: algorithm.name,
    publicKey: toHex(publicKey),
    signature: await signed(algorithm, readable, id, challenge),
  };
}

/** The answer to a challenge with whatever key this pattern unlocks. */
export async function answer(path, entry, challenge) {
  const algorithm = ALGORITHMS.find((one) => one.name === entry.algorithm);
  const seed = masked(fromHex(entry.blob), await maskOf(path, entry));
  return signed(algorithm, await imported(algorithm, seed, false), entry.id, challenge);
}

async function maskOf(path, { salt, rounds }) {
  const pattern = await crypto.subtle.importKey("raw", utf8(path.join("-")), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations: rounds };
  return new Uint8Array(await crypto.subtle.deriveBits(how, pattern, SEED_BYTES * 8));
}

function masked(bytes, mask) {
  return bytes.map((byte, index) => byte ^ mask[index]);
}

function imported(algorithm, seed, isReadable) {
  const wrapped = Uint8Array.of(...fromHex(algorithm.wrapping), ...seed);
  return crypto.subtle.importKey("pkcs8", wrapped, algorithm.parameters, isReadable, ["sign"]);
}

async function signed(algorithm, key, id, challenge) {
  // Our own origin, not one the page names: an answer got elsewhere says where it was got.
  const message = utf8([LABEL, location.origin, id, challenge].join("\n"));
  return toHex(new Uint8Array(await crypto.subtle.sign(algorithm.signing, key, message)));
}

/** Ed25519 where the browser has it, else P-256. */
async function usable() {
  try {
    await imported(ED25519, crypto.getRandomValues(new Uint8Array(SEED_BYTES)), false);
    return ED25519;
  } catch {
    return P256;
  }
}
