import { register } from 'node:module';

// The library is made for Cloudflare's runtime, of which it needs a module, a flag and a key-value store.
register(
  'data:text/javascript,' +
    encodeURIComponent(`
      export const resolve = (name, context, next) => name === 'cloudflare:workers'
        ? { url: 'data:text/javascript,export class WorkerEntrypoint { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }',
            shortCircuit: true }
        : next(name, context);`),
);

// It says on the console what it refuses, which the tests do on purpose.
console.warn = () => {};
globalThis.Cloudflare = { compatibilityFlags: { global_fetch_strictly_public: true } };

const { OAuthProvider } = await import('@cloudflare/workers-oauth-provider');

function createStore() {
  const entries = new Map();
  return {
    get: async (key, options) => {
      const text = entries.get(key) ?? null;
      return text !== null && (options === 'json' || options?.type === 'json') ? JSON.parse(text) : text;
    },
    put: async (key, value) => void entries.set(key, value),
    delete: async (key) => void entries.delete(key),
    list: async ({ prefix = '' } = {}) => ({
      keys: [...entries.keys()].filter((name) => name.startsWith(prefix)).map((name) => ({ name })),
      list_complete: true,
    }),
  };
}

/**
 * An MCP server as Cloudflare has it: /mcp is the resource. The authorization endpoint answers with what it knows of the client.
 *
 * @param {string} origin
 * @returns a handler of node:http
 */
export function createWorkersServer(origin) {
  const env = { OAUTH_KV: createStore() };
  const provider = new OAuthProvider({
    apiRoute: '/mcp',
    apiHandler: { fetch: () => new Response('ok') },
    defaultHandler: {
      async fetch(request, { OAUTH_PROVIDER }) {
        try {
          const asked = await OAUTH_PROVIDER.parseAuthRequest(request);
          return Response.json(await OAUTH_PROVIDER.lookupClient(asked.clientId));
        } catch (error) {
          return Response.json({ error: error.message }, { status: 400 });
        }
      },
    },
    authorizeEndpoint: '/authorize',
    tokenEndpoint: '/token',
    clientRegistrationEndpoint: '/register',
    clientIdMetadataDocumentEnabled: true,
    scopesSupported: ['mcp:tools'],
    resourceMetadata: { resource: `${origin}/mcp`, authorization_servers: [origin], scopes_supported: ['mcp:tools'] },
  });
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} };

  async function handle(request, response) {
    const body = [];
    for await (const part of request) {
      body.push(part);
    }
    const answer = await provider.fetch(
      new Request(origin + request.url, {
        method: request.method,
        headers: request.headers,
        ...(body.length && { body: Buffer.concat(body) }),
      }),
      env,
      context,
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  }

  return { handle, resource: `${origin}/mcp` };
}
