import type { ConfigHooks, HardhatUserConfigValidationError } from "hardhat/types/hooks";

import { nexusUserConfigSchema, resolveNexusConfig } from "../api/config.ts";

/** Validates the section `nexus` of the user's configuration, and fills in what it leaves out. */
export default async (): Promise<Partial<ConfigHooks>> => ({
  async validateUserConfig(config): Promise<HardhatUserConfigValidationError[]> {
    const parsed = nexusUserConfigSchema.safeParse(config.nexus ?? {});
    if (parsed.success) return [];
    return parsed.error.issues.map(({ path, message }) => ({ path: ["nexus", ...path], message }));
  },

  async resolveUserConfig(userConfig, resolveConfigurationVariable, next) {
    const resolved = await next(userConfig, resolveConfigurationVariable);
    return { ...resolved, nexus: resolveNexusConfig(userConfig.nexus ?? {}, resolved.paths.root) };
  },
});
