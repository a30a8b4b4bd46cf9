import { definePlugin } from "hardhat/plugins";
import type { SolidityHooks } from "hardhat/types/hooks";

/**
 * Drops the compiler's warnings about files of npm packages, which this project cannot change: OpenZeppelin's sets have
 * functions called `at`, and solc says six times that this is to become a keyword. Errors, and warnings about the
 * project's own files, stay.
 */
export default definePlugin({
  id: "quiet-dependencies",
  hookHandlers: {
    solidity: async () => ({
      default: async (): Promise<Partial<SolidityHooks>> => ({
        async invokeSolc(context, compiler, input, config, next) {
          const output = await next(context, compiler, input, config);
          const errors = output.errors?.filter(
            ({ severity, formattedMessage }) =>
              severity === "error" || !/^ *--> npm\//m.test(formattedMessage ?? ""),
          );
          return errors === undefined ? output : { ...output, errors };
        },
      }),
    }),
  },
});
