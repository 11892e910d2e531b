// Starts oidc-provider on the loopback address; see README.md.
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';

import { createConfiguration } from './configuration.mjs';
import { createMemoryStore } from './memory-store.mjs';
import { readOptions } from './options.mjs';

// oidc-provider greets on the console while it loads, on Node 20 for one. Standard output is for the ready line alone,
// and from here on whatever the library has to say is worth reading.
const { warn } = console;
console.warn = () => {};
const { Provider, errors } = await import('oidc-provider');
const { registerByAccessToken } = await import('./access-token-registration.mjs');
console.warn = warn;
console.info = warn;

const host = '127.0.0.1';
const wellKnown = /^\/\.well-known\/(openid-configuration|oauth-authorization-server)(?=\/)/;

/** Takes the issuer's path off a request's address, the way a reverse proxy's mount does. */
function mount(handle, { issuerPath, insertedDiscovery }) {
  if (!issuerPath) {
    return handle;
  }

  return (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://localhost');
    const inserted = insertedDiscovery && wellKnown.exec(pathname);

    request.originalUrl = request.url;
    if (inserted && pathname.slice(inserted[0].length) === issuerPath) {
      request.originalUrl = `${issuerPath}${inserted[0]}`;
      request.url = inserted[0];
    } else if (pathname.startsWith(`${issuerPath}/`)) {
      request.url = pathname.slice(issuerPath.length) + search;
    } else {
      response.writeHead(404).end();
      return;
    }
    handle(request, response);
  };
}

async function issueInitialAccessToken(provider, { initialAccessToken, policies }) {
  if (initialAccessToken !== true) {
    return initialAccessToken || undefined;
  }
  return new provider.InitialAccessToken({ ...(policies && { policies }) }).save();
}

/**
 * With `tls`, asks every client for a certificate; whether it has one, and which, is the provider's to judge. With `tls.ca`, nobody gets in
 * who has none of that authority.
 */
function createServer({ tls }) {
  return tls ? createHttpsServer({ ...tls, requestCert: true, rejectUnauthorized: Boolean(tls.ca) }) : createHttpServer();
}

async function start(options) {
  const server = createServer(options);
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(options.port, host, resolve);
  });

  const issuer = `${options.tls ? 'https' : 'http'}://${host}:${server.address().port}${options.issuerPath}`;
  const provider = new Provider(issuer, {
    ...createConfiguration(options, errors),
    adapter: createMemoryStore(),
  });
  provider.on('server_error', (ctx, error) => process.stderr.write(`${ctx.method} ${ctx.path}: ${error.stack}\n`));
  const initialAccessToken = await issueInitialAccessToken(provider, options);
  if (options.registrationScope) {
    registerByAccessToken(provider, options.registrationScope, initialAccessToken);
  }
  server.on('request', mount(provider.callback(), options));

  return { issuer, initialAccessToken };
}

function stop() {
  process.exit(0);
}

// A test run that dies can't say goodbye, but its end of the pipe closes.
process.stdin.on('end', stop).on('error', stop).resume();
process.on('SIGTERM', stop).on('SIGINT', stop);

try {
  const servers = await Promise.all(readOptions(process.argv[2] ?? process.env.OIDC_PROVIDER_OPTIONS ?? '{}').map(start));
  process.stdout.write(`${JSON.stringify({ servers })}\n`);
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
