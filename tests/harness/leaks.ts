/** A secret in every form in which it might be written down somewhere. */
export function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret)));
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll("'", "%27"),
      json,
      json.replaceAll("${", "$${"),
      secret.replaceAll("'", "''"),
      base64.replace(/=+$/, ""),
    ]),
  ];
}
