import { errors } from 'oidc-provider';
// By path, because the library does not export them: they are what judges access tokens at its own userinfo endpoint.
import { getValidateAccessToken } from 'oidc-provider/lib/shared/access_token.js';
import getErrorHandler from 'oidc-provider/lib/shared/error_handler.js';
import getSetWWWAuthenticateHeader from 'oidc-provider/lib/shared/set_www_authenticate_header.js';

/**
 * Lets access tokens of the client credentials grant register clients, as many servers do and oidc-provider doesn't. The
 * library judges the token, its scope, and its binding to a DPoP key or a certificate; then the request goes on with an
 * initial access token in its place.
 *
 * @param {object} provider the Provider
 * @param {string} scope what the token needs
 * @param {string} initialAccessToken what stands in for it
 */
export function registerByAccessToken(provider, scope, initialAccessToken) {
  const { AccessToken } = provider;
  const find = AccessToken.find.bind(AccessToken);
  AccessToken.find = async (...token) => (await find(...token)) ?? provider.ClientCredentials.find(...token);

  const steps = [
    getErrorHandler(),
    getSetWWWAuthenticateHeader(),
    getValidateAccessToken({
      afterFind(ctx, token) {
        if (!token.scopes.has(scope)) {
          throw new errors.InsufficientScope('access token missing the scope to register clients', scope);
        }
      },
    }),
  ];

  provider.use(async (ctx, next) => {
    const [, presented] = ctx.get('authorization').split(' ');
    if (ctx.method !== 'POST' || ctx.path !== '/reg' || !presented || (await provider.InitialAccessToken.find(presented))) {
      return next();
    }

    // The library makes its own context again when the request goes on.
    const oidc = new provider.OIDCContext(ctx);
    oidc.route = 'registration';
    const judged = Object.create(ctx, { oidc: { value: oidc } });
    const pass = async () => {
      ctx.req.headers.authorization = `Bearer ${initialAccessToken}`;
      delete ctx.req.headers.dpop;
      await next();
    };
    return steps.reduceRight((rest, step) => () => step(judged, rest), pass)();
  });
}
