// npm oidc-provider as a measured neighbour: production mode, ES256, JWT access tokens by resource indicator,
// and a sign-in and a consent page of the same size as the floor's (a name, a password nobody hashes, a button).
// Settings come from PEER_* in the environment; PEER_PEOPLE is the JSON of benchmarks/people.py.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { adapterFor, openDatabase } from './adapter.js';

const { PEER_PORT, PEER_DATABASE, PEER_PEOPLE, BENCH_SYNC = 'full' } = process.env;
const { client, person, resource, scope } = JSON.parse(PEER_PEOPLE);
const database = openDatabase(PEER_DATABASE, BENCH_SYNC);
database
  .prepare('INSERT INTO accounts VALUES (?, ?) ON CONFLICT DO NOTHING')
  .run(person.username, JSON.stringify(person.claims));
const accountBySub = database.prepare('SELECT claims FROM accounts WHERE sub=?');
const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const provider = new Provider(`http://127.0.0.1:${PEER_PORT}`, {
  adapter: adapterFor(database),
  clients: [{
    client_id: client.id,
    client_secret: client.secret,
    redirect_uris: [client.redirect_uri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }],
  claims: { openid: ['sub'], profile: Object.keys(person.claims) },
  cookies: { keys: ['bench-cookie-key'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope, audience: resource, accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  findAccount: (ctx, sub) => {
    const row = accountBySub.get(sub);
    return row && { accountId: sub, claims: () => ({ sub, ...JSON.parse(row.claims) }) };
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (ctx, asking) => asking.grantTypeAllowed('refresh_token'),
  jwks: { keys: [{ ...signingKey, alg: 'ES256', use: 'sig', kid: 'peer' }] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  routes: { authorization: '/authorize', token: '/token', userinfo: '/userinfo', introspection: '/introspect' },
  ttl: {
    AccessToken: 300, AuthorizationCode: 60, ClientCredentials: 300, Grant: 86400, IdToken: 300,
    Interaction: 600, RefreshToken: 86400, Session: 86400,
  },
});

const page = (title, action, inner) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<h1>${title}</h1><form method="post" action="${action}">${inner}
<button name="decision" value="allow">Continue</button></form></html>`;
const signInFields = `<label>Name <input name="username"></label>
<label>Password <input name="password" type="password"></label>`;

async function readForm(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

async function grantWhatIsMissing({ grantId, params, prompt, session }) {
  const known = grantId && await provider.Grant.find(grantId);
  const grant = known || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes = {} } = prompt.details;
  if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
  if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
  Object.entries(missingResourceScopes).forEach(([name, scopes]) => grant.addResourceScope(name, scopes.join(' ')));
  return { consent: { grantId: await grant.save() } };
}

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'POST') {
    const form = await readForm(request);
    const result = details.prompt.name === 'login'
      ? { login: { accountId: form.get('username') } }
      : await grantWhatIsMissing(details);
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    return;
  }
  const isLogin = details.prompt.name === 'login';
  const asks = `<p>${details.params.client_id} asks for: ${details.params.scope}</p>`;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page(isLogin ? 'Sign in' : 'Allow?', request.url, isLogin ? signInFields : asks));
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(Number(PEER_PORT), '127.0.0.1');
