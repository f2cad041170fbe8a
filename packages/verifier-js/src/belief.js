/** How far a bundle is believed: what gives trust needs the hub's log and its witnesses, what takes it away does not. */
import { NotWitnessed, Refused } from "./errors.js";
import { canonical } from "./json.js";
import { importKeys } from "./jws.js";
import { readLogKeys, readWitnesses, standing } from "./log.js";

/** Seconds: how old the cosignatures may be under a content that is new here. */
const WITNESSED_WITHIN = 600;

/** What was brought by another way than the network: the hub's keys, and the witnesses of its first bundle. */
export async function readPinned(document) {
  const signers = await importKeys(document);
  try {
    return { signers, witnesses: readWitnesses(document) ?? { quorum: 0, keys: [] }, logKeys: readLogKeys(document) };
  } catch {
    throw new Refused("malformed witnesses");
  }
}

/** A newer bundle as it is believed; undefined when it says nothing new after all. */
export async function believed(newer, held, pinned, now) {
  const witnesses = held?.witnesses ?? pinned.witnesses;
  const named = held?.logKeys.length ? held.logKeys : pinned.logKeys;
  const logKeys = named.length > 0 ? named : newer.logKeys;
  const found = await standing(newer.claims, newer.contentHash, witnesses, logKeys, named.length > 0, now);
  const isSame = held?.contentHash === newer.contentHash;
  // An earlier signing of what is held, as mirrors have them.
  if (isSame && isShorter(found.head, held.head)) return undefined;
  requireOneLog(found.head, held?.head);
  const lack = lackOf(found, held, isSame, now);
  const issuedAt = Math.min(newer.issuedAt, found.witnessedAt ?? newer.issuedAt);
  if (lack === "") {
    if (isSame && issuedAt <= held.issuedAt) return undefined;
    return { ...newer, issuedAt, head: found.head ?? held?.head, isWitnessed: true };
  }
  if (isSame) return undefined;
  if (held === undefined || !onlyRestricts(held, newer)) throw new NotWitnessed(lack);
  // Its age goes on from the first that came without witnesses.
  const since = held.isWitnessed ? newer.issuedAt : Math.min(newer.issuedAt, held.issuedAt);
  return { ...newer, issuedAt: since, head: held.head, isWitnessed: false };
}

/** Whether nobody is believed for anything by `newer` that `old` does not believe them for. */
function onlyRestricts(old, newer) {
  if (spelled(old.ofTheHub) !== spelled(newer.ofTheHub)) return false;
  for (const [issuer, region] of newer.regions) {
    const before = old.regions.get(issuer);
    if (before === undefined || region.ceiling > before.ceiling) return false;
    if (spelled(region.unknown) !== spelled(before.unknown)) return false;
    for (const [kid, jwk] of region.published) if (spelled(before.published.get(kid)) !== spelled(jwk)) return false;
  }
  return true;
}

/** The held one less what a newer one takes away: whoever silences the witnesses must not hold a removal up. */
export function narrowed(held, newer) {
  const regions = new Map();
  const others = new Map(held.others);
  for (const [issuer, region] of held.regions) {
    const less = newer.regions.get(issuer);
    if (less === undefined) others.set(issuer, newer.others.get(issuer) ?? "unknown");
    else regions.set(issuer, narrowedRegion(region, less, held.ladder, newer.ladder));
  }
  return { ...held, regions, others };
}

function narrowedRegion(old, less, ladder, other) {
  const isLeft = ([kid, jwk]) => spelled(less.published.get(kid)) === spelled(jwk);
  const published = new Map([...old.published].filter(isLeft));
  const keys = new Map([...old.keys].filter(([kid]) => published.has(kid)));
  // Where the ladders differ, the same name counts.
  const place = ladder.indexOf(other[less.ceiling]);
  const ceiling = less.ceiling < 0 || place >= 0 ? Math.min(old.ceiling, place) : old.ceiling;
  return { ...old, keys, published, ceiling };
}

function isShorter(found, known) {
  return found !== undefined && known !== undefined && found.size < known.size;
}

function lackOf(found, held, isSame, now) {
  if (found.lack !== "") return found.lack;
  if (found.head === undefined && held?.head !== undefined) return "the log is missing";
  // An old one may be a beginning: it is believed for as little as its age says.
  const isOld = now - (found.witnessedAt ?? now) > WITNESSED_WITHIN;
  return isOld && held !== undefined && !isSame ? "what its witnesses signed is too old" : "";
}

function requireOneLog(found, known) {
  if (found === undefined || known === undefined) return;
  if (found.size < known.size || (found.size === known.size && found.root !== known.root)) {
    throw new Refused("the hub's log tells two pasts");
  }
}

function spelled(value) {
  return value === undefined ? undefined : canonical(value);
}
