// Names under `localhost` lead to this machine, whatever the system's resolver thinks. Spec: RFC 6761 §6.3.
// Importing this teaches the process; Node.js on most systems asks a name server, which does not know them.

import dns from "node:dns";

const askTheSystem = dns.lookup;

dns.lookup = function lookup(host, ...rest) {
  return askTheSystem(/(^|\.)localhost\.?$/i.test(host) ? "127.0.0.1" : host, ...rest);
};
