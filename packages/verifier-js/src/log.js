/**
 * What stands by a bundle beside the hub's signature: its place in the hub's log, and the witnesses of that log.
 * Spec: RFC 9162 §2.1.3.2; C2SP signed-note, tlog-checkpoint, tlog-cosignature.
 */
import { parseObject } from "./json.js";

const MAX_NOTE = 64 * 1024;
const MAX_LINES = 256;
const MAX_PROOF = 64;
/** Seconds that a witness's clock may be ahead of ours. */
const AHEAD = 60;
/** Types of signatures: over the text, and over a time and the text. */
const OF_A_LOG = 0x01;
const OF_A_WITNESS = 0x04;
const BYTES = new TextEncoder();

/** The witnesses in a bundle, or in a file of keys; undefined where they are not named. */
export function readWitnesses({ witnesses }) {
  if (witnesses === undefined) return undefined;
  const { quorum, keys } = witnesses;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) throw new TypeError("not keys");
  if (!Number.isSafeInteger(quorum) || quorum < 0 || quorum > keys.length || new Set(keys).size !== keys.length) {
    throw new TypeError("a quorum larger than there are witnesses");
  }
  return { quorum, keys };
}

/** The keys of the log in a bundle, or in a file of keys. */
export function readLogKeys({ log_keys: keys = [] }) {
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string")) throw new TypeError("not keys");
  return keys;
}

/**
 * `{ head, witnessedAt, lack }`: what stands by verified claims, for who believes these witnesses and log keys.
 * `isLogDue`: the hub is known to keep a log.
 */
export async function standing(claims, contentHash, { quorum, keys }, logKeys, isLogDue, now) {
  if (!("log" in claims)) return { lack: quorum > 0 || isLogDue ? "no log has it" : "" };
  let proven;
  try {
    proven = await provenHead(claims, contentHash, logKeys);
  } catch {
    return { lack: "its place in the log is not proven" };
  }
  const { note, head } = proven;
  if (quorum === 0) return { head, lack: "" };
  const times = (await cosignedAt(note, keys, now)).sort((one, other) => other - one);
  if (times.length < quorum) return { head, lack: `${times.length} of ${quorum} witnesses stand by it` };
  return { head, witnessedAt: times[quorum - 1], lack: "" };
}

async function provenHead(claims, contentHash, logKeys) {
  const { checkpoint, index, entry, proof } = claims.log;
  const note = readNote(checkpoint);
  const [origin, size, root] = note.text.split("\n");
  const { host, pathname } = new URL(claims.iss);
  need(origin === `${host}${pathname === "/" ? "" : pathname}/log/trust`);
  await requireSigned(note, origin, logKeys);
  const said = parseObject(entry);
  need(said.action === "bundle" && said.log_seq === index && said.seq === claims.seq && said.after_hash === contentHash);
  const head = { size: Number(size), root };
  need(Number.isSafeInteger(head.size) && String(head.size) === size && base64(root).length === 32);
  await requireInclusion(BYTES.encode(entry), index, proof, head);
  return { note, head };
}

/** A signed note: its text, and for each line who signs and what. */
function readNote(note) {
  need(typeof note === "string" && note.length <= MAX_NOTE && !/[\x00-\x09\x0b-\x1f]/.test(note));
  const end = note.lastIndexOf("\n\n");
  need(end >= 0 && note.endsWith("\n"));
  const lines = note.slice(end + 2, -1).split("\n");
  need(lines.length <= MAX_LINES && new Set(lines).size === lines.length);
  return { text: note.slice(0, end + 1), lines: lines.map(readLine) };
}

function readLine(line) {
  const [dash, name, encoded, ...more] = line.split(" ");
  need(dash === "—" && more.length === 0);
  const raw = base64(encoded);
  return { name, id: hex(raw.slice(0, 4)), signature: raw.slice(4) };
}

async function requireSigned({ text, lines }, origin, logKeys) {
  for (const { name, id, key } of await readKeys(logKeys, OF_A_LOG)) {
    const line = lines.find((one) => one.name === name && name === origin && one.id === id);
    if (line === undefined) continue;
    need(await isSigned(key, line.signature, text));
    return;
  }
  throw new TypeError("not signed by the log");
}

/** When each witness cosigned last; one by two names is one, and a wrong line counts for nothing. */
async function cosignedAt({ text, lines }, keys, now) {
  const latest = new Map();
  for (const { name, id, key, material } of await readKeys(keys, OF_A_WITNESS)) {
    for (const line of lines) {
      if (line.name !== name || line.id !== id || line.signature.length !== 72) continue;
      const at = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
      if (Number(at) > now + AHEAD) continue;
      if (!(await isSigned(key, line.signature.slice(8), `cosignature/v1\ntime ${at}\n${text}`))) continue;
      latest.set(material, Math.max(Number(at), latest.get(material) ?? 0));
    }
  }
  return [...latest.values()];
}

/** The keys of a type; others may be of a time to come. */
async function readKeys(texts, type) {
  const found = [];
  for (const text of texts) {
    const [, name, id, material] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
    if (name === undefined) continue;
    let raw;
    try {
      raw = base64(material);
    } catch {
      continue;
    }
    const named = new Uint8Array([...BYTES.encode(`${name}\n`), ...raw]);
    const own = hex((await sha256(named)).slice(0, 4));
    if (raw[0] !== type || raw.length !== 33 || own !== id) continue;
    const key = await crypto.subtle.importKey("raw", raw.slice(1), { name: "Ed25519" }, false, ["verify"]);
    found.push({ name, id, key, material });
  }
  return found;
}

function isSigned(key, signature, text) {
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, BYTES.encode(text));
}

async function requireInclusion(entry, index, proof, { size, root }) {
  need(Number.isSafeInteger(index) && index >= 0 && index < size && Array.isArray(proof) && proof.length <= MAX_PROOF);
  let [path, last] = [index, size - 1];
  let computed = await sha256(new Uint8Array([0, ...entry]));
  // Sizes may be beyond what the operators on bits can hold.
  const half = (number) => Math.floor(number / 2);
  for (const sibling of proof.map(base64)) {
    need(last > 0 && sibling.length === 32);
    if (path % 2 === 1 || path === last) {
      computed = await sha256(new Uint8Array([1, ...sibling, ...computed]));
      while (path > 0 && path % 2 === 0) [path, last] = [half(path), half(last)];
    } else {
      computed = await sha256(new Uint8Array([1, ...computed, ...sibling]));
    }
    [path, last] = [half(path), half(last)];
  }
  need(last === 0 && hex(computed) === hex(base64(root)));
}

async function sha256(raw) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
}

/** The one way to write these bytes. */
function base64(text) {
  const raw = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  need(btoa(String.fromCharCode(...raw)) === text);
  return raw;
}

function hex(raw) {
  return Array.from(raw, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function need(isSo) {
  if (!isSo) throw new TypeError("not as it has to be");
}
