import { task } from "hardhat/config";

export const statusTask = task(
  "nexus:status",
  "Show what of the Nexus suite is deployed on the selected network",
)
  .setAction(() => import("./status.ts"))
  .build();
