/** Verifies access tokens of every region, from memory. */
import { believed, narrowed, readPinned } from "./belief.js";
import { AHEAD, readBundle, readLineage, requireFresh, requireNewer } from "./bundle.js";
import { Remembered, requireProof } from "./dpop.js";
import { NoTrust, NotWitnessed, Refused } from "./errors.js";
import { parse, verify } from "./jws.js";

const MAX_SIZE = 16_384;
/** Seconds that a region's clock may be off. */
const LEEWAY = 60;

/**
 * Holds the newest bundle and answers from it.
 *
 * `hub` is the hub's address, `hubKeys` what `idp trust keys` prints there (its keys for bundles and for its log, and
 * the witnesses of its first bundle), brought by another way than the network; `audience` what tokens must be meant for. `remembered` remembers DPoP proofs: give one that all your processes share, with
 * the method `firstTime(name, until, now)`, when there are several.
 */
export class Verifier {
  #pinned;
  #held;

  constructor({ hub, hubKeys, audience, remembered = new Remembered(), clock = () => Date.now() / 1000 }) {
    this.hub = hub;
    this.audience = audience;
    this.remembered = remembered;
    this.clock = clock;
    this.#pinned = readPinned(hubKeys);
    this.#pinned.catch(() => {}); // Told where it is awaited.
  }

  /** The number of the bundle we hold; undefined before the first. */
  get seq() {
    return this.#held?.seq;
  }

  /** Whether there is no bundle, or one that was signed longer ago than this. */
  isOverdue(seconds) {
    return this.#held === undefined || this.clock() - this.#held.issuedAt > seconds;
  }

  /** Take a bundle, from wherever it comes: it proves itself. True when it is newer than the one we hold. */
  async load(compact, lineage) {
    const held = this.#held;
    const now = this.clock();
    const pinned = await this.#pinned;
    const signers = held ? held.signers : pinned.signers;
    const fresh = await readBundle(compact, this.hub, signers);
    if (held === undefined) {
      if (fresh.issuedAt > now + AHEAD) throw new Refused("the bundle is from the future: see to the clock");
    } else {
      const both = new Map([...signers, ...fresh.signers]);
      const hashes = lineage === undefined ? undefined : await readLineage(lineage, this.hub, both);
      if (!requireNewer(fresh, held, now, hashes)) return false;
    }
    const taken = await believed(fresh, held, pinned, now).catch((error) => {
      if (!(error instanceof NotWitnessed)) throw error;
      if (this.#held !== held) return undefined;
      // What it takes away counts all the same.
      if (held !== undefined) this.#held = narrowed(held, fresh);
      throw error;
    });
    // Another load may have been quicker while we waited for the signatures.
    if (this.#held !== held) return this.load(compact, lineage);
    if (taken === undefined) return false;
    this.#held = taken;
    return true;
  }

  /**
   * What the token says, when it may be believed: `{ issuer, subject, clientId, scope, acr, expiresAt, claims }`.
   *
   * `acr`: the weakest that will do. `scope`: what must all be granted. `proof`, `method` and `url`: the `DPoP`
   * header and the request it came with; needed for a token that is bound to a key.
   */
  async verify(token, { acr, scope = [], proof, method, url } = {}) {
    const now = this.clock();
    const bundle = this.#held;
    if (bundle === undefined) throw new NoTrust("no trust bundle was loaded yet");
    const jws = parse(token, MAX_SIZE);
    const claims = jws.payload;
    const region = bundle.regions.get(claims.iss);
    if (region === undefined) throw new Refused(`the issuer is ${bundle.others.get(claims.iss) ?? "unknown"}`);
    requireHeader(jws.header);
    const key = region.keys.get(jws.header.kid);
    if (key === undefined) throw new Refused("signed with a key that the region does not publish");
    await verify(jws, key);
    requireTime(claims, now);
    const [audience, ...more] = [claims.aud].flat();
    if (audience !== this.audience || more.length > 0) throw new Refused("meant for another audience");
    // What another region said of the person is worth no more for being passed on, and nothing once it is out.
    const home = "home_iss" in claims ? bundle.regions.get(claims.home_iss) : region;
    if (home === undefined) throw new Refused(`the home region is ${bundle.others.get(claims.home_iss) ?? "unknown"}`);
    requireStrength(bundle, Math.min(region.ceiling, home.ceiling), claims.acr, acr, now);
    const found = tokenOf(region.issuer, claims);
    if (!scope.every((word) => found.scope.has(word))) {
      throw new Refused("the token does not cover this", "insufficient_scope");
    }
    await this.#requirePossession(claims, { token, proof, method, url, now });
    return found;
  }

  /** The same from the headers `Authorization` and `DPoP` of a request. */
  async verifyRequest({ method, url, authorization, proof, acr, scope }) {
    const [, scheme, token] = /^(\S+) +(\S+) *$/.exec(authorization ?? "") ?? [];
    const wantsProof = { bearer: false, dpop: true }[scheme?.toLowerCase()];
    if (wantsProof === undefined) throw new Refused("no access token was sent", "");
    if (wantsProof !== (proof !== undefined && proof !== null)) {
      throw new Refused("a DPoP token comes with a proof, another one without", "invalid_request");
    }
    return this.verify(token, { acr, scope, proof: proof ?? undefined, method, url });
  }

  async #requirePossession(claims, { token, proof, method, url, now }) {
    if (claims.cnf === undefined && proof === undefined) return;
    const jkt = claims.cnf?.jkt;
    if (typeof jkt !== "string" || proof === undefined) {
      throw new Refused("the token and the proof do not belong together", "invalid_dpop_proof");
    }
    await requireProof(proof, { token, jkt, method, url, now, remembered: this.remembered });
  }
}

function requireHeader({ typ, kid, ...others }) {
  if (typeof typ !== "string" || typ.toLowerCase().replace(/^application\//, "") !== "at+jwt") {
    throw new Refused("not an access token");
  }
  if ("crit" in others || typeof kid !== "string") throw new Refused("a header that is not understood");
}

function requireTime({ exp, iat, nbf = 0 }, now) {
  if (![exp, iat, nbf].every(Number.isSafeInteger)) throw new Refused("exp and iat are required, as whole numbers");
  if (now >= exp + LEEWAY || iat > now + LEEWAY || nbf > now + LEEWAY) throw new Refused("expired, or not valid yet");
}

function requireStrength(bundle, ceiling, reached, wanted, now) {
  const position = reached === undefined ? 0 : bundle.ladder.indexOf(reached);
  if (position < 0) throw new Refused("an acr that is not on the ladder");
  if (position > ceiling) throw new Refused("an acr above what is believed of the region");
  if (wanted !== undefined) {
    const least = bundle.ladder.indexOf(wanted);
    if (least < 0 || reached === undefined || position < least) {
      throw new Refused("a stronger sign-in is needed", "insufficient_user_authentication");
    }
  }
  requireFresh(bundle, position, now);
}

function tokenOf(issuer, claims) {
  const { sub: subject, client_id: clientId, scope = "", acr, exp: expiresAt } = claims;
  if (![subject, clientId, scope].every((value) => typeof value === "string")) {
    throw new Refused("sub and client_id are required");
  }
  return { issuer, subject, clientId, scope: new Set(scope.split(" ").filter(Boolean)), acr, expiresAt, claims };
}
