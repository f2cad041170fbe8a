/** Proof of possession: the caller shows that it holds the key the token is bound to. Spec: RFC 9449 §4.3, §7. */
import { Refused } from "./errors.js";
import { digest, importKey, parse, thumbprint, verify } from "./jws.js";

const MAX_SIZE = 8_192;
/** Those that the provider takes as well. RS256 is left out. */
const ALGORITHMS = ["ES256", "EdDSA", "Ed25519", "PS256"];
/** Seconds that a proof may be old, or ahead of our clock. */
const WINDOW = 60;

/** Proofs seen by this process. Full, it refuses: what cannot be remembered could be used twice. */
export class Remembered {
  #capacity;
  #seen = new Map();

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  /** True the first time that `name` comes. `until` and `now` are seconds. */
  firstTime(name, until, now) {
    for (const [old, end] of this.#seen) {
      if (end >= now) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(name) || this.#seen.size >= this.#capacity) return false;
    this.#seen.set(name, until);
    return true;
  }
}

/** See that `proof` was made for this request by the holder of the key. */
export async function requireProof(proof, { token, jkt, method, url, now, remembered }) {
  const jws = parse(proof, MAX_SIZE);
  const { jwk, typ } = jws.header;
  if (typ !== "dpop+jwt" || "crit" in jws.header || jwk === null || typeof jwk !== "object") {
    throw bad("not a DPoP proof");
  }
  if (!ALGORITHMS.includes(jws.header.alg)) throw bad("an algorithm that is not accepted");
  if ((await thumbprint(jwk)) !== jkt) throw bad("the proof is made with another key than the token is bound to");
  // The header says which of the two RSA algorithms, the key need not.
  const key = await importKey({ ...jwk, alg: jws.header.alg });
  if (key === undefined) throw bad("a key of a kind that is not accepted");
  await verify(jws, key);
  await requireClaims(jws.payload, { token, method, url, now });
  if (!(await remembered.firstTime(`${jkt}.${jws.payload.jti}`, now + 2 * WINDOW, now))) {
    throw bad("the proof was used before");
  }
}

async function requireClaims({ jti, iat, htm, htu, ath }, { token, method, url, now }) {
  if (typeof jti !== "string" || jti.length === 0 || jti.length > 256) throw bad("jti is required");
  if (typeof iat !== "number" || !(Math.abs(now - iat) <= WINDOW)) throw bad("iat is missing, too old, or ahead");
  if (htm !== method || place(htu) === undefined || place(htu) !== place(url)) {
    throw bad("the proof was made for another request");
  }
  if (ath !== (await digest(token))) throw bad("the proof was made for another token");
}

/** RFC 9449 §4.3 point 9: query and fragment do not count; RFC 3986 §6.2: the case of scheme and host neither. */
function place(address) {
  try {
    const url = new URL(address);
    return `${url.origin}${url.pathname}`;
  } catch {
    return undefined;
  }
}

function bad(why) {
  return new Refused(why, "invalid_dpop_proof");
}
