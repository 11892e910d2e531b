import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const signingAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

// One set for the whole process: nothing here depends on two servers signing with different keys.
const jwks = {
  keys: [
    ['rsa', { modulusLength: 2048 }],
    ['ec', { namedCurve: 'P-256' }],
  ].map(([type, parameters]) => generateKeyPairSync(type, parameters).privateKey.export({ format: 'jwk' })),
};
const cookieKey = randomBytes(32).toString('base64url');

/**
 * Members beyond the standard ones. What is not named here and not known to oidc-provider, it drops without a word.
 * The hook sees every member of a client that is registered, updated or loaded; it has to answer synchronously.
 */
function extraClientMetadata({ InvalidClientMetadata }, { secretTtl }) {
  return {
    properties: ['tenant_code', 'tenant_settings'],
    validator(ctx, name, value, metadata) {
      if (name === 'tenant_code' && value !== undefined && !/^[A-Z0-9-]{1,20}$/.test(value)) {
        throw new InvalidClientMetadata('tenant_code must be 1 to 20 upper case letters, digits or hyphens');
      }
      if (secretTtl && metadata.client_secret && metadata.client_secret_expires_at === 0) {
        metadata.client_secret_expires_at = Math.floor(Date.now() / 1000) + secretTtl;
      }
    },
  };
}

/** What a stored initial access token, and then the registration access tokens born of it, can impose on a client. */
function policies({ InvalidClientMetadata, InvalidRequest }) {
  return {
    /** The server changes what was asked. */
    'force-tenant': (ctx, metadata) => {
      metadata.tenant_code = 'FROM-POLICY';
    },
    /** The server refuses what was asked. */
    'no-public-clients': (ctx, metadata) => {
      if (metadata.token_endpoint_auth_method === 'none') {
        throw new InvalidClientMetadata('public clients are not allowed');
      }
    },
    /** The server refuses the caller. */
    'deny-all': () => {
      throw new InvalidRequest('registration is not allowed', 403);
    },
  };
}

/** What is published at https://app.example.com is a file of a folder. */
async function published(url, { clientDocuments }) {
  const { origin, pathname } = new URL(url);
  if (origin !== 'https://app.example.com') {
    throw new TypeError(`fetch failed: ${origin}`);
  }
  return new Response(await readFile(join(clientDocuments, basename(pathname))), { headers: { 'content-type': 'application/json' } });
}

/**
 * @param {object} options one server's options
 * @param {object} errors oidc-provider's error classes
 * @returns {object} what oidc-provider's Provider takes as its configuration
 */
export function createConfiguration(options, errors) {
  return {
    jwks,
    cookies: { keys: [cookieKey] },
    scopes: options.scopes,
    claims: { profile: ['name'], email: ['email', 'email_verified'] },
    responseTypes: ['code', 'code id_token', 'id_token', 'none'],
    clientAuthMethods: options.clientAuthMethods ?? [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ],
    enabledJWA: {
      clientAuthSigningAlgValues: ['HS256', 'HS384', 'HS512', ...signingAlgorithms],
      requestObjectSigningAlgValues: ['HS256', ...signingAlgorithms],
      dPoPSigningAlgValues: signingAlgorithms,
    },
    extraClientMetadata: extraClientMetadata(errors, options),
    features: {
      devInteractions: { enabled: false },
      registration: {
        enabled: options.registration,
        initialAccessToken: options.initialAccessToken,
        issueRegistrationAccessToken: options.registrationAccessToken,
        policies: options.initialAccessToken === true ? policies(errors) : undefined,
      },
      registrationManagement: {
        enabled: options.registration && options.management,
        rotateRegistrationAccessToken: options.rotate,
      },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      jwtIntrospection: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (ctx, client, token) => token.clientId === client.clientId },
      pushedAuthorizationRequests: { enabled: true },
      clientIdMetadataDocument: { enabled: Boolean(options.clientDocuments), ack: 'draft-02' },
      requestObjects: { enabled: true },
      jwtResponseModes: { enabled: true },
      jwtUserinfo: { enabled: true },
      encryption: { enabled: true },
      backchannelLogout: { enabled: true },
      dPoP: {
        enabled: true,
        ...(options.dpopNonce && { nonceSecret: randomBytes(32), requireNonce: () => true }),
      },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        // Over plain http no client has a certificate: the metadata is accepted, the authentication is not.
        getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.()?.toString(),
        certificateAuthorized: (ctx) => ctx.socket.authorized === true,
        certificateSubjectMatches: () => false,
      },
    },
    ttl: {
      AccessToken: 3600,
      ClientCredentials: 600,
      DeviceCode: 600,
      Grant: 86400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 86400,
      Session: 86400,
      InitialAccessToken: options.initialAccessTokenTtl,
      RegistrationAccessToken: options.registrationAccessTokenTtl,
    },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    // The library wraps fetch so that a client's jwks_uri can't point at this machine. Here it always does.
    fetch: (url, { dispatcher, ...rest }) => (options.clientDocuments ? published(url, options) : fetch(url, rest)),
    renderError: (ctx, out) => {
      ctx.body = out;
    },
  };
}
