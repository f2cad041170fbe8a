/**
 * The trust bundle: who the regions are, with which keys they sign, and how long that is believed.
 * The format is described in the provider's docs/reference/trust-bundle.md.
 */
import { Gap, NoTrust, Refused } from "./errors.js";
import { canonical } from "./json.js";
import { digest, importKeys, parse, verify } from "./jws.js";
import { readLogKeys, readWitnesses } from "./log.js";

export const MAX_SIZE = 32 * 2 ** 20;
/** Seconds that the hub's clock may be ahead of ours. */
export const AHEAD = 60;
/** Seconds after which no bundle is believed for anything, whatever it says of itself. */
const LONGEST = 24 * 3600;
const OF_THE_SIGNING = ["iat", "exp", "next_update", "log"];
const OF_THE_LIST = ["seq", "lineage", "regions", "revoked"];
const STATEMENTS = ["statement", "op_statement", "rp_statement"];
const METADATA = ["op_metadata", "rp_metadata"];
const OF_A_REGION = ["id", "op", "rp", "name", "status", "since", "reason", "acr_ceiling", ...STATEMENTS, ...METADATA];

/** Verify and read a bundle. */
export async function readBundle(compact, hub, signers) {
  const claims = await verified(compact, "trust-bundle+jwt", hub, signers);
  return shaped(() => bundleOf(claims));
}

/** Verify and read the hub's lineage: seq → content hash. */
export async function readLineage(compact, hub, signers) {
  const claims = await verified(compact, "trust-lineage+jwt", hub, signers);
  return shaped(async () => hashes(claims.hashes));
}

/** Whether `newer` takes the place of `held`; false when it says nothing new. */
export function requireNewer(newer, held, now, lineage = new Map()) {
  if (newer.issuedAt > now + AHEAD || newer.expiresAt <= now) {
    throw new Refused("the bundle is expired, or from the future");
  }
  if (newer.seq < held.seq) throw new Refused("the bundle is rolled back");
  if (newer.seq === held.seq) {
    if (newer.contentHash !== held.contentHash) throw new Refused("two bundles of one number");
    return newer.issuedAt > held.issuedAt;
  }
  const known = newer.lineage.get(held.seq) ?? lineage.get(held.seq);
  if (known === undefined) throw new Gap(held.seq);
  if (known !== held.contentHash) throw new Refused("the bundle does not descend from the one we hold");
  return true;
}

/** See that a bundle is fresh enough for a sign-in of this strength. */
export function requireFresh(bundle, position, now) {
  const age = now - bundle.issuedAt;
  if (age < -AHEAD) throw new NoTrust("the bundle is from the future: see to the clock");
  const limit = Math.min(bundle.freshSeconds[position] ?? LONGEST, LONGEST);
  if (age > limit || now >= bundle.expiresAt) throw new NoTrust(`the bundle is ${Math.floor(age)} seconds old`);
}

async function verified(compact, type, hub, signers) {
  const jws = parse(compact, MAX_SIZE);
  if (jws.header.typ !== type || "crit" in jws.header) throw new Refused(`not a ${type}`);
  const key = signers.get(jws.header.kid);
  if (key === undefined) throw new Refused("signed with a key that is not the hub's");
  await verify(jws, key);
  if (jws.payload.iss !== hub) throw new Refused("from another hub");
  return jws.payload;
}

async function bundleOf(claims) {
  const ladder = Object.entries(claims.freshness).map(([name, seconds]) => [name, whole(seconds)]);
  // The stronger, the shorter an old bundle is believed for it.
  ladder.sort(([one, long], [other, short]) => short - long || (one < other ? -1 : 1));
  const names = ladder.map(([name]) => name);
  const revoked = new Set(claims.revoked.map(({ issuer, kid }) => JSON.stringify([issuer, kid])));
  const regions = new Map();
  const others = new Map();
  for (const entry of claims.regions) {
    if (entry.status === "active") regions.set(entry.op, await regionOf(entry, names, revoked));
    else others.set(text(entry.op), text(entry.status));
  }
  return {
    seq: whole(claims.seq),
    issuedAt: whole(claims.iat),
    expiresAt: whole(claims.exp),
    contentHash: await contentHash(claims),
    lineage: hashes(claims.lineage),
    signers: await importKeys(claims.bundle_jwks),
    ladder: names,
    freshSeconds: ladder.map(([, seconds]) => seconds),
    regions,
    others,
    claims,
    ofTheHub: without(claims, [...OF_THE_SIGNING, ...OF_THE_LIST]),
    witnesses: readWitnesses(claims),
    logKeys: readLogKeys(claims),
  };
}

async function regionOf(entry, ladder, revoked) {
  const issuer = text(entry.op);
  if (entry.op_metadata.issuer !== issuer) throw new TypeError("metadata of another issuer");
  const keys = await importKeys(entry.op_metadata.jwks);
  for (const kid of keys.keys()) if (revoked.has(JSON.stringify([issuer, kid]))) keys.delete(kid);
  const published = new Map(entry.op_metadata.jwks.keys.filter(({ kid }) => keys.has(kid)).map((jwk) => [jwk.kid, jwk]));
  return { issuer, keys, ceiling: ladder.indexOf(entry.acr_ceiling), published, unknown: without(entry, OF_A_REGION) };
}

/** The members that have other names. */
function without(members, names) {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)));
}

function contentHash(claims) {
  return digest(canonical(without(claims, OF_THE_SIGNING)));
}

function hashes(object) {
  return new Map(Object.entries(object).map(([seq, value]) => [whole(Number(seq)), text(value)]));
}

function whole(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError("not a whole number");
  return value;
}

function text(value) {
  if (typeof value !== "string") throw new TypeError("not a text");
  return value;
}

async function shaped(read) {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused("a malformed document");
  }
}
