import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { MODULES, zeroVerifier } from "../suite/suite.ts";

/** A Zero verifier, for the owner of a router to add to it. Parameter: `verifyingKey`. */
export default buildModule(MODULES.zeroVerifier, zeroVerifier);
