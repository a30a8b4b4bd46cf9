import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { activationDelayOf, cloudHome, finalityOf, MODULES, zero } from "../suite/suite.ts";

/** The whole suite for a chain without EIP-2537: clouds with BN254 keys. Parameters: `token`, `owner`, `finality`, and those of its parts. */
export default buildModule(MODULES.suite, (m) => ({
  ...cloudHome(m, m.getParameter("token"), false, finalityOf(m)),
  ...zero(m, m.getParameter("owner"), activationDelayOf(m)),
}));
