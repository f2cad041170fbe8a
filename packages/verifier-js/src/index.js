/**
 * Verifies access tokens of every region of a federation, offline: give it the hub's keys and your audience.
 * Runs wherever there is Web Crypto: Node, Deno, Bun, edge workers, browsers. No dependencies.
 */
export { Gap, NoTrust, Refused } from "./errors.js";
export { Remembered } from "./dpop.js";
export { Refresher } from "./refresh.js";
export { Verifier } from "./verifier.js";
