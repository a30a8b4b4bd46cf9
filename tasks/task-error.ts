import { HardhatPluginError } from "hardhat/plugins";

/** Does `action`; what it throws becomes an error that the command line shows as its message, without a stack. */
export async function orTaskError<T>(action: () => Promise<T> | T): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Error) || HardhatPluginError.isHardhatPluginError(error)) throw error;
    throw new HardhatPluginError("hardhat-nexus", error.message, error);
  }
}
