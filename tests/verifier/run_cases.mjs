// Reads cases (tests/verifier/cases.py) from its input, walks each with the JavaScript verifier, prints the outcomes.
import { readFileSync } from "node:fs";
import { Refused, Verifier } from "../../packages/verifier-js/src/index.js";

async function outcomeOf({ hub, audience, pinned, steps }) {
  let now = 0;
  const verifier = new Verifier({ hub, audience, hubKeys: pinned, clock: () => now });
  let outcome = "ok";
  for (const step of steps) {
    now = step.at;
    try {
      if (step.do === "load") await verifier.load(step.compact, step.lineage ?? undefined);
      else if (step.do === "verify") await verifier.verify(step.token, step.options);
      else await verifier.verifyRequest(step.options);
      outcome = "ok";
    } catch (error) {
      outcome = error instanceof Refused ? error.error : `crashed: ${error.stack}`;
    }
  }
  return outcome;
}

const outcomes = [];
for (const one of JSON.parse(readFileSync(0, "utf8"))) outcomes.push(await outcomeOf(one));
console.log(JSON.stringify(outcomes));
