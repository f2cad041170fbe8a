/** Compact JWS, read strictly and verified with a known key. Spec: RFC 7515; RFC 8725 §3. */
import { Refused } from "./errors.js";
import { parseObject } from "./json.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true });
const BYTES = new TextEncoder();
const ALPHABET = /^[A-Za-z0-9_-]*$/;
const RULES = {
  ES256: { import: { name: "ECDSA", namedCurve: "P-256" }, verify: { name: "ECDSA", hash: "SHA-256" } },
  EdDSA: { import: { name: "Ed25519" }, verify: { name: "Ed25519" } },
  PS256: { import: { name: "RSA-PSS", hash: "SHA-256" }, verify: { name: "RSA-PSS", saltLength: 32 } },
  RS256: { import: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, verify: { name: "RSASSA-PKCS1-v1_5" } },
};
const MEMBERS = { EC: ["crv", "kty", "x", "y"], OKP: ["crv", "kty", "x"], RSA: ["e", "kty", "n"] };
const PRIVATE = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/** Take a compact JWS apart. Nothing in it is true before `verify`. */
export function parse(token, maxSize) {
  if (typeof token !== "string" || token.length > maxSize) throw new Refused("too large, or no text");
  const segments = token.split(".");
  if (segments.length !== 3) throw new Refused("not three segments");
  const [header, payload, signature] = segments.map(decode);
  return {
    header: read(header),
    payload: read(payload),
    signingInput: BYTES.encode(`${segments[0]}.${segments[1]}`),
    signature,
  };
}

/** See that `key` made the signature. */
export async function verify(jws, key) {
  const algorithm = jws.header.alg === "Ed25519" ? "EdDSA" : jws.header.alg;
  if (algorithm !== key.algorithm) throw new Refused("the header names another algorithm than the key's");
  const isSigned = await crypto.subtle.verify(RULES[algorithm].verify, key.key, jws.signature, jws.signingInput);
  if (!isSigned) throw new Refused("wrong signature");
}

/** The key of a public JWK, or undefined for a kind that this package does not use. */
export async function importKey(jwk) {
  const algorithm = algorithmOf(jwk);
  if (algorithm === undefined || (jwk.use ?? "sig") !== "sig") return undefined;
  if (PRIVATE.some((name) => name in jwk)) throw new Refused("a private key where a public one belongs");
  try {
    // Only the members that make the key: `alg` may be spelled in two ways.
    const bare = Object.fromEntries(MEMBERS[jwk.kty].map((name) => [name, jwk[name]]));
    const key = await crypto.subtle.importKey("jwk", bare, RULES[algorithm].import, false, ["verify"]);
    if (jwk.kty === "RSA" && (key.algorithm.modulusLength < 2048 || key.algorithm.modulusLength > 8192)) {
      throw new Refused("an RSA key that is too short or too long");
    }
    return { algorithm, key };
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused("a malformed key");
  }
}

/** kid → key, of every usable key of a JWK Set. */
export async function importKeys(jwks) {
  if (!Array.isArray(jwks?.keys)) throw new Refused("not a JWK Set");
  const found = new Map();
  for (const jwk of jwks.keys) {
    if (jwk === null || typeof jwk !== "object") throw new Refused("not a JWK Set");
    const key = await importKey(jwk);
    if (typeof jwk.kid !== "string" || key === undefined) continue;
    if (found.has(jwk.kid)) throw new Refused("two keys with one kid");
    found.set(jwk.kid, key);
  }
  return found;
}

/** Base64url of the SHA-256 of a text. */
export async function digest(text) {
  return encode(new Uint8Array(await crypto.subtle.digest("SHA-256", BYTES.encode(text))));
}

/** RFC 7638. */
export function thumbprint(jwk) {
  const names = Object.hasOwn(MEMBERS, jwk.kty) ? MEMBERS[jwk.kty] : undefined;
  if (names === undefined || !names.every((name) => typeof jwk[name] === "string")) throw new Refused("a malformed key");
  return digest(JSON.stringify(Object.fromEntries(names.map((name) => [name, jwk[name]]))));
}

/** Base64url without padding, in its one canonical spelling. */
export function decode(segment) {
  if (!ALPHABET.test(segment) || segment.length % 4 === 1) throw new Refused("not base64url");
  const raw = Uint8Array.from(atob(segment.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  // Only the last characters can carry stray bits.
  if (segment.length % 4 !== 0 && !segment.endsWith(encode(raw.slice(raw.length - (raw.length % 3))))) {
    throw new Refused("not canonical base64url");
  }
  return raw;
}

export function encode(raw) {
  return btoa(String.fromCharCode(...raw)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function read(raw) {
  let text;
  try {
    text = UTF8.decode(raw);
  } catch {
    throw new Refused("not UTF-8");
  }
  return parseObject(text);
}

function algorithmOf(jwk) {
  if (jwk.kty === "EC" && jwk.crv === "P-256") return "ES256";
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519") return "EdDSA";
  if (jwk.kty === "RSA") return (jwk.alg ?? "PS256") === "PS256" ? "PS256" : "RS256";
  return undefined;
}
