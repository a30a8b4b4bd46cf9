import type { ConfigHooks, HardhatUserConfigValidationError } from "hardhat/types/hooks";

import { nexusUserConfigSchema, resolveNexusConfig } from "../api/config.ts";

/** Validates the section `nexus` of the user's configuration, and fills in what it leaves out. */
export default async (): Promise<Partial<ConfigHooks>> => ({
  async validateUserConfig(config): Promise<HardhatUserConfigValidationError[]> {
    const parsed = nexusUserConfigSchema.safeParse(config.nexus ?? {});
    if (parsed.success) return [];
    return parsed.error.issues.flatMap((issue) => {
      const paths =
        issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => ({ path: ["nexus", ...path], message: issue.message }));
    });
  },

  async resolveUserConfig(userConfig, resolveConfigurationVariable, next) {
    const resolved = await next(userConfig, resolveConfigurationVariable);
    return { ...resolved, nexus: resolveNexusConfig(userConfig.nexus ?? {}, resolved.paths.root) };
  },
});
