// Reads a bundle and requests from its input, verifies each with the JavaScript verifier, prints what came of it.
import { readFileSync } from "node:fs";
import { Refused, Verifier } from "../../packages/verifier-js/src/index.js";

const { hub, hubKeys, audience, bundle, requests } = JSON.parse(readFileSync(0, "utf8"));
const verifier = new Verifier({ hub, hubKeys, audience });
await verifier.load(bundle);

async function outcomeOf(request) {
  try {
    const { issuer, subject, acr, claims } = await verifier.verifyRequest(request);
    return [issuer, subject, acr, claims.home_iss];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.error;
  }
}

const outcomes = [];
for (const request of requests) outcomes.push(await outcomeOf(request));
console.log(JSON.stringify(outcomes));
