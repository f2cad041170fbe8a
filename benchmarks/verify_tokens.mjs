// Reads tokens and proofs from its input, verifies them in rounds, prints how many for each second of CPU.
import { readFileSync } from "node:fs";
import { Verifier } from "../packages/verifier-js/src/index.js";

const work = JSON.parse(readFileSync(0, "utf8"));

async function fresh() {
  const { hub, pinned, audience, now, bundle } = work;
  const verifier = new Verifier({ hub, hubKeys: pinned, audience, clock: () => now });
  await verifier.load(bundle);
  return verifier;
}

async function eachSecond(count, run) {
  const rates = [];
  for (let round = 0; round < work.rounds; round++) {
    const verifier = await fresh();
    const before = process.cpuUsage();
    await run(verifier);
    const { user, system } = process.cpuUsage(before);
    rates.push(count / ((user + system) / 1e6));
  }
  return rates.sort((one, other) => one - other)[Math.floor(rates.length / 2)];
}

const plain = await eachSecond(work.tokens.length, async (verifier) => {
  for (const token of work.tokens) await verifier.verify(token);
});
const withProofs = await eachSecond(work.proofs.length, async (verifier) => {
  const request = { method: "GET", url: work.url, authorization: `DPoP ${work.bound}` };
  for (const proof of work.proofs) await verifier.verifyRequest({ ...request, proof });
});
console.log(JSON.stringify([plain, withProofs]));
