/** A key pair of a test that signs JSON Web Tokens. */
export interface Signer {
  /** The public key as PEM. */
  readonly publicKey: string;
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Makes a signer for ES256. */
export async function makeSigner(): Promise<Signer> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const lines = btoa(String.fromCharCode(...spki)).match(/.{1,64}/g) ?? [];
  return {
    publicKey: `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`,
    async sign(claims) {
      const now = Math.floor(Date.now() / 1000);
      const body = [{ alg: "ES256", typ: "JWT" }, { iat: now, exp: now + 300, ...claims }]
        .map((part) => base64Url(new TextEncoder().encode(JSON.stringify(part)))).join(".");
      const signature = await crypto.subtle.sign(
        algorithm,
        keys.privateKey,
        new TextEncoder().encode(body),
      );
      return `${body}.${base64Url(new Uint8Array(signature))}`;
    },
  };
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_")
    .replace(/=+$/, "");
}
