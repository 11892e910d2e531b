/** What one server can be told, and what it does when it isn't. The README explains each. */
const defaults = {
  port: 0,
  issuerPath: '',
  insertedDiscovery: false,
  registration: true,
  management: true,
  rotate: true,
  registrationAccessToken: true,
  initialAccessToken: false,
  policies: undefined,
  secretTtl: 0,
  initialAccessTokenTtl: undefined,
  registrationAccessTokenTtl: undefined,
  dpopNonce: false,
  registrationScope: undefined,
  clientAuthMethods: undefined,
  tls: undefined,
  clientDocuments: undefined,
  scopes: ['openid', 'offline_access', 'profile', 'email', 'api:read', 'api:write'],
};

/**
 * Reads the command line: one JSON object or an array of them, each with an optional `count`.
 *
 * @param {string} text the JSON text
 * @returns {object[]} the options of each server to start
 */
export function readOptions(text) {
  const asked = [JSON.parse(text)].flat();

  return asked.flatMap(({ count = 1, ...given }) => {
    const unknown = Object.keys(given).filter((name) => !Object.hasOwn(defaults, name));
    if (unknown.length) {
      throw new TypeError(`unknown option: ${unknown.join(', ')}`);
    }

    const options = { ...defaults, ...given };
    if (options.issuerPath && !/^(\/[^/?#]+)+$/.test(options.issuerPath)) {
      throw new TypeError('issuerPath starts with a slash and does not end with one');
    }
    if (options.policies && options.initialAccessToken !== true) {
      throw new TypeError('policies need initialAccessToken: true');
    }
    if (options.registrationScope && options.initialAccessToken !== true) {
      throw new TypeError('registrationScope needs initialAccessToken: true');
    }
    return Array.from({ length: count }, () => options);
  });
}
