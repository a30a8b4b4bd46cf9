import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { cloudMirror, MODULES } from "../suite/suite.ts";

/** A mirror of one cloud with BN254 keys, on a chain that is not its home. Parameters: those of `cloudMirror`. */
export default buildModule(MODULES.mirror, (m) => cloudMirror(m, "Bn254Verifier"));
