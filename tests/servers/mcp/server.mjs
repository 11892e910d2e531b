// Starts MCP servers on the loopback address; see README.md.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const kinds = {
  sdk: async (origin) => (await import('./sdk.mjs')).createSdkServer(origin),
  workers: async (origin) => (await import('./workers.mjs')).createWorkersServer(origin),
};
const { documents } = JSON.parse(process.env.MCP_SERVER_OPTIONS ?? '{}');

// What is published at https://app.example.com is a file of the folder. Nothing else is fetched.
globalThis.fetch = async (input) => {
  const url = new URL(input.url ?? input);
  if (!documents || url.origin !== 'https://app.example.com') {
    throw new TypeError(`fetch failed: ${url.host}`);
  }
  const text = await readFile(join(documents, basename(url.pathname)));
  return new Response(text, { headers: { 'content-type': 'application/json', 'content-length': String(text.length) } });
};

async function start(kind) {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const { handle, resource } = await kinds[kind](origin);
  server.on('request', handle);
  return [kind, { origin, resource }];
}

// A test run that dies can't say goodbye, but its end of the pipe closes.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();

const servers = Object.fromEntries(await Promise.all(Object.keys(kinds).map(start)));
process.stdout.write(`${JSON.stringify(servers)}\n`);
