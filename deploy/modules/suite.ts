import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { activationDelayOf, cloudHome, finalityOf, MODULES, zero } from "../suite/suite.ts";

/** The whole suite for a chain with EIP-2537: clouds with BN254 or BLS12-381 keys. Parameters: `token`, `owner`, `finality`, and those of its parts. */
export default buildModule(MODULES.suite, (m) => ({
  ...cloudHome(m, m.getParameter("token"), true, finalityOf(m)),
  ...zero(m, m.getParameter("owner"), activationDelayOf(m)),
}));
