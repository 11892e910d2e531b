// Judges a JWT that brings its signer's certificates, as a UDAP server does. Standard input: {"jwt", "anchor", "options"}: a root
// certificate in PEM, and the options of jose's jwtVerify. Standard output: the header, the payload and the subject alternative name of
// the signer's certificate, or the reason for a refusal.
import { X509Certificate } from 'node:crypto';
import { text } from 'node:stream/consumers';

import { decodeProtectedHeader, importX509, jwtVerify } from 'jose';

const { jwt, anchor, options } = JSON.parse(await text(process.stdin));

try {
  const { alg, x5c } = decodeProtectedHeader(jwt);
  const chain = [...x5c.map((der) => new X509Certificate(Buffer.from(der, 'base64'))), new X509Certificate(anchor)];
  for (let i = 0; i + 1 < chain.length; i++) {
    if (!chain[i].checkIssued(chain[i + 1]) || !chain[i].verify(chain[i + 1].publicKey)) {
      throw new Error(`certificate ${i} of x5c was not issued by the next one`);
    }
  }

  const { protectedHeader, payload } = await jwtVerify(jwt, await importX509(chain[0].toString(), alg), options);
  process.stdout.write(JSON.stringify({ header: protectedHeader, payload, subjectAltName: chain[0].subjectAltName }));
} catch (error) {
  process.stdout.write(JSON.stringify({ refused: error.code ?? error.message }));
}
