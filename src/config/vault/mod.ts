export { cleanPath } from "./address.ts";
export { readVaultSettings, type VaultSettings } from "./settings.ts";
export { fieldOf, sectionOf } from "./shape.ts";
export { Vault, type VaultOptions } from "./vault.ts";
