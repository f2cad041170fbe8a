// A relying party made with openid-client, worked by a test: one JSON command a line in, one JSON answer a line out.
// Commands are the functions below; `{"do": "begin", ...}` answers `{"done": ...}` or `{"refused": {...}}`.

import "./localhost.mjs";

import { createInterface } from "node:readline";

import * as client from "openid-client";

const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};

/** What each relying party of this process remembers, by its client id. */
const parties = new Map();

async function authentication({ method, secret, jwk, alg }) {
  switch (method) {
    case "client_secret_basic":
      return client.ClientSecretBasic(secret);
    case "client_secret_post":
      return client.ClientSecretPost(secret);
    case "private_key_jwt":
      return client.PrivateKeyJwt(await signingKey({ jwk, alg }));
    case "none":
      return client.None();
    default:
      throw new Error(`no such method: ${method}`);
  }
}

async function signingKey({ jwk, alg }) {
  return { key: await crypto.subtle.importKey("jwk", jwk, ALGORITHMS[alg], false, ["sign"]), kid: jwk.kid };
}

/** Where the browser goes: `by` is nothing (plain), `push`, `sign`, or both. */
async function address({ config, auth, options }, by = [], parameters) {
  if (by.includes("sign")) {
    const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, await signingKey(auth));
    if (!by.includes("push")) return signed;
    return client.buildAuthorizationUrlWithPAR(config, signed.searchParams, options);
  }
  if (by.includes("push")) return client.buildAuthorizationUrlWithPAR(config, parameters, options);
  return client.buildAuthorizationUrl(config, parameters);
}

const commands = {
  /** Read the provider's discovery document and get ready. */
  async register({ issuer, client_id, redirect_uri, id_token_alg, auth, dpop }) {
    const metadata = { id_token_signed_response_alg: id_token_alg };
    const config = await client.discovery(new URL(issuer), client_id, metadata, await authentication(auth), {
      // The provider under test speaks plain http on this machine; and we want every signature looked at.
      execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    });
    // With `dpop`, an algorithm, it proves a key of its own with every request (RFC 9449).
    const options = dpop && { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair(dpop)) };
    parties.set(client_id, { config, redirect_uri, auth, options });
    return config.serverMetadata();
  },

  /** Make an authorization request; returns its address. */
  async begin({ party, parameters, by }) {
    const checks = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    };
    party.checks = checks;
    return address(party, by, {
      redirect_uri: party.redirect_uri,
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      ...parameters,
    });
  },

  /** Check the answer that the browser brought and turn its code into tokens. */
  async complete({ party, url }) {
    const { config, checks, options } = party;
    const tokens = await client.authorizationCodeGrant(config, new URL(url), checks, undefined, options);
    return { ...tokens, claims: tokens.claims() };
  },

  refresh: ({ party, refresh_token }) =>
    client.refreshTokenGrant(party.config, refresh_token, undefined, party.options),
  userinfo: ({ party, access_token, sub }) => client.fetchUserInfo(party.config, access_token, sub, party.options),
  introspect: ({ party, token }) => client.tokenIntrospection(party.config, token),
  revoke: ({ party, token }) => client.tokenRevocation(party.config, token),
  machine: ({ party, parameters }) => client.clientCredentialsGrant(party.config, parameters, party.options),
  end_session: ({ party, parameters }) => client.buildEndSessionUrl(party.config, parameters),
};

async function answer(line) {
  const { do: name, ...given } = JSON.parse(line);
  try {
    const party = parties.get(given.client_id);
    return { done: (await commands[name]({ ...given, party })) ?? null };
  } catch (refusal) {
    const { code, error, status, message, cause } = refusal;
    return { refused: { code, error, status, message, cause: String(cause ?? "") } };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line)));
}
