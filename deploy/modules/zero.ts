import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import { activationDelayOf, MODULES, zero } from "../suite/suite.ts";

/** Zero's router and market alone, for a chain without a cloud of its own. Parameters: `owner`, `activationDelay`, `verifiers`, `revealDelay`. */
export default buildModule(MODULES.zero, (m) => zero(m, m.getParameter("owner"), activationDelayOf(m)));
