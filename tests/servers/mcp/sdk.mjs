import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { DemoInMemoryAuthProvider } from '@modelcontextprotocol/sdk/examples/server/demoInMemoryOAuthProvider.js';
import express from 'express';

/**
 * The MCP SDK's own server: a resource at /mcp, and beside it the SDK's authorization server, which registers clients.
 *
 * @param {string} origin
 * @returns a handler of node:http
 */
export function createSdkServer(origin) {
  const resource = new URL(`${origin}/mcp`);
  const provider = new DemoInMemoryAuthProvider();
  const app = express();
  app.use(
    mcpAuthRouter({
      provider,
      issuerUrl: new URL(origin),
      resourceServerUrl: resource,
      scopesSupported: ['mcp:tools'],
      resourceName: 'MCP server of the tests',
    }),
  );
  const guard = requireBearerAuth({
    verifier: provider,
    requiredScopes: ['mcp:tools'],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resource),
  });
  app.all('/mcp', guard, express.json(), async (request, response) => {
    const server = new McpServer({ name: 'tests', version: '0.0.0' });
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
    response.on('close', () => server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });

  return { handle: app, resource: resource.href };
}
