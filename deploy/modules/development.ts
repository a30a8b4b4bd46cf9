import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { development } from "../suite/development-suite.ts";
import { MODULES } from "../suite/suite.ts";

/** The whole suite on a development chain with EIP-2537, with a token that anybody mints and a mock verifier. */
export default buildModule(MODULES.development, (m) => development(m, true));
