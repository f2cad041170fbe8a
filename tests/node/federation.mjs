// Trust chains by @openid-federation/core: found and judged by it, or made by it for us to judge.
//
//     node federation.mjs resolve <entity> <anchor>     prints the chains that it finds valid
//     node federation.mjs make <anchor> <region> <app>  prints a chain of four statements and the anchor's keys

import "./localhost.mjs";
import {
  createEntityConfiguration,
  createEntityStatement,
  resolveTrustChains,
} from "@openid-federation/core";

const ES256 = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

async function verifyJwtCallback({ jwt, jwk }) {
  const [header, payload, signature] = jwt.split(".");
  const key = await crypto.subtle.importKey("jwk", { ...jwk, key_ops: undefined, use: undefined }, ES256, false, ["verify"]);
  const input = new TextEncoder().encode(`${header}.${payload}`);
  return crypto.subtle.verify(SIGNING, key, Buffer.from(signature, "base64url"), input);
}

async function resolve(entityId, anchor) {
  const chains = await resolveTrustChains({ entityId, trustAnchorEntityIds: [anchor], verifyJwtCallback });
  return chains.map(({ resolvedLeafMetadata }) => ({ metadata: resolvedLeafMetadata }));
}

async function entity(id, superior) {
  const pair = await crypto.subtle.generateKey(ES256, true, ["sign"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const jwk = { kty, crv, x, y, kid: `${id}#1`, alg: "ES256", use: "sig" };
  const signJwtCallback = async ({ toBeSigned }) =>
    new Uint8Array(await crypto.subtle.sign(SIGNING, pair.privateKey, toBeSigned));
  return { id, superior, jwk, signJwtCallback, header: { kid: jwk.kid, typ: "entity-statement+jwt", alg: "ES256" } };
}

function terms(iss, subject) {
  const iat = Math.floor(Date.now() / 1000);
  return { iss, sub: subject.id, iat, exp: iat + 600, jwks: { keys: [subject.jwk] } };
}

function configuration(about, metadata) {
  const hints = about.superior ? { authority_hints: [about.superior.id] } : {};
  const claims = { ...terms(about.id, about), ...hints, metadata };
  return createEntityConfiguration({ ...about, claims });
}

function statement(about, claims) {
  const { id, jwk, header, signJwtCallback } = about.superior;
  return createEntityStatement({ jwk, header, signJwtCallback, claims: { ...terms(id, about), ...claims } });
}

async function make(anchorId, regionId, appId) {
  const anchor = await entity(anchorId);
  const region = await entity(regionId, anchor);
  const app = await entity(appId, region);
  const endpoints = {
    federation_entity: {
      federation_fetch_endpoint: `${anchorId}/fetch`,
      federation_list_endpoint: `${anchorId}/list`,
    },
  };
  const metadata = {
    openid_relying_party: {
      scope: "openid profile email",
      redirect_uris: [`${appId}/callback`],
      client_registration_types: ["automatic"],
    },
  };
  return {
    jwks: { keys: [anchor.jwk] },
    chain: await Promise.all([
      configuration(app, metadata),
      statement(app, { metadata_policy: { openid_relying_party: { client_name: { default: "App" } } } }),
      statement(region, { constraints: { max_path_length: 1 } }),
      configuration(anchor, endpoints),
    ]),
  };
}

const [command, ...names] = process.argv.slice(2);
console.log(JSON.stringify(await (command === "make" ? make : resolve)(...names)));
