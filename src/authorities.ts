// The places that Go looks in as well, so that Atlas and we trust the same authorities.
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Reads the certificate authorities that the system trusts, as PEM; nothing where it has no file. */
export async function readSystemAuthorities(): Promise<string | undefined> {
  for (const path of BUNDLES) {
    try {
      return await Deno.readTextFile(path);
    } catch {
      // Not this system's place.
    }
  }
  return undefined;
}
