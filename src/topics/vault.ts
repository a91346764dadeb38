import { code, table, text, type Topic } from "./block.ts";

/** How the settings come from Vault. */
export const VAULT: Topic = {
  name: "vault",
  summary: "settings from Vault, and the ways to log in there",
  blocks: [
    code(
      "sh",
      "export CONFIG_SOURCE=vault",
      "export VAULT_ADDR=https://vault.example.com:8200",
      "export VAULT_TOKEN=…                    # or another way to log in, below",
      "export VAULT_PATH=secret/hotpot/config  # as for vault kv get, also with data/",
      "migrate",
    ),
    text(
      "The secret holds the keys of the file, nested under `database` or flat: `database_host`, `database_password` and so on. The token needs one line of policy:",
    ),
    code("hcl", 'path "secret/data/hotpot/config" { capabilities = ["read"] }'),
    table(["to log in with", "set"], [
      [
        "a token",
        "`VAULT_TOKEN`, or `VAULT_TOKEN_FILE`, or have run `vault login` (`~/.vault-token`)",
      ],
      [
        "AppRole",
        "`VAULT_AUTH_METHOD=approle`, `VAULT_ROLE_ID`, `VAULT_SECRET_ID` or `VAULT_SECRET_ID_FILE`",
      ],
      [
        "Kubernetes",
        "`VAULT_AUTH_METHOD=kubernetes`, `VAULT_AUTH_ROLE`; the service account's token is found",
      ],
      ["a JWT", "`VAULT_AUTH_METHOD=jwt`, `VAULT_AUTH_ROLE`, `VAULT_JWT` or `VAULT_JWT_FILE`"],
      [
        "GitHub Actions",
        "`VAULT_AUTH_METHOD=jwt`, `VAULT_AUTH_ROLE`, and `permissions: id-token: write` in the job",
      ],
      ["Vault Agent", "`VAULT_AGENT_ADDR` alone; the Agent adds its token"],
    ]),
  ],
};
