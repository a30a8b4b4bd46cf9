import { checkCometBft, CometBftMissingError } from "../../../../plugin/cloud/cometbft/process.ts";

/** Whether CometBFT is there to test with. @throws CometBftMissingError where tests may not do without */
export async function hasCometBft(command: string): Promise<boolean> {
  try {
    await checkCometBft(command);
    return true;
  } catch (error) {
    if (!(error instanceof CometBftMissingError) || process.env.NEXUS_REQUIRE_TOOLCHAIN === "1") throw error;
    return false;
  }
}
