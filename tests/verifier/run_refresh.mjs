// Walks the JavaScript refresher against a hub of the test: a redirect, a mirror, nothing new, and a long absence.
import { readFileSync } from "node:fs";
import { Refresher, Verifier } from "../../packages/verifier-js/src/index.js";

const { hub, pinned, audience, mirror } = JSON.parse(readFileSync(0, "utf8"));
const verifier = new Verifier({ hub, hubKeys: pinned, audience });
const refresher = new Refresher(verifier, { mirrors: [mirror], warn: () => {} });
const later = new Refresher(verifier, { mirrors: [`${mirror}-of-later`], warn: () => {} });
const taken = [];
const seqs = [];
for (const one of [refresher, refresher, later]) {
  taken.push(await one.refresh());
  seqs.push(verifier.seq);
}
console.log(JSON.stringify({ taken, seqs }));
