/** JSON that two readers cannot understand in two ways: no member twice (RFC 8725 §2.4), and its canonical form. */
import { Refused } from "./errors.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** Parse an object in which no member comes twice. */
export function parseObject(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Refused("not JSON");
  }
  if (found === null || typeof found !== "object" || Array.isArray(found)) throw new Refused("not a JSON object");
  refuseDuplicates(text);
  return found;
}

/** The one spelling of a value (RFC 8785); all numbers here are whole. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

function refuseDuplicates(text) {
  const open = [];
  let before = "";
  for (const [token] of text.matchAll(TOKEN)) {
    const here = open.at(-1);
    if (token === "{") open.push({ names: new Set(), wantsName: true });
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token === "," && here) here.wantsName = true;
    else if (token === ":" && here) {
      const name = JSON.parse(before);
      if (here.names.has(name)) throw new Refused("a member comes twice");
      here.names.add(name);
      here.wantsName = false;
    }
    before = token;
  }
}
