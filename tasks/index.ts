import { overrideTask, task } from "hardhat/config";

export const statusTask = task(
  "nexus:status",
  "Show what of the Nexus suite is deployed on the selected network, its clouds, stake and verifiers",
)
  .addFlag({ name: "json", description: "Print one JSON object instead of tables" })
  .addOption({
    name: "deploymentId",
    description: "Ignition's id of the deployment; the default is chain-<id>",
    defaultValue: "",
  })
  .setAction(() => import("./status.ts"))
  .build();

export const guardedDeployTask = overrideTask(["ignition", "deploy"])
  .setAction(() => import("./guarded-deploy.ts"))
  .build();
