// Judges a JWT as its receiver does. Standard input: {"jwt", "jwks", "options"}, the options of jose's jwtVerify. Standard output: the
// header and the payload, or the reason for a refusal.
import { text } from 'node:stream/consumers';

import { createLocalJWKSet, jwtVerify } from 'jose';

const { jwt, jwks, options } = JSON.parse(await text(process.stdin));

try {
  const { protectedHeader, payload } = await jwtVerify(jwt, createLocalJWKSet(jwks), options);
  process.stdout.write(JSON.stringify({ header: protectedHeader, payload }));
} catch (error) {
  process.stdout.write(JSON.stringify({ refused: error.code ?? error.message }));
}
