import type { HookContext, NetworkHooks } from "hardhat/types/hooks";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import type { JsonRpcRequest, JsonRpcResponse } from "hardhat/types/providers";

import { Nexus } from "../api/nexus.ts";
import { suiteError } from "../contracts/suite-errors.ts";

/** How Hardhat says that a contract which the project does not compile reverted; with what, in hex digits. */
const UNRECOGNIZED = /an unrecognized custom error \(return data: (0x[0-9a-f]+)\)/;

/** The error, naming the suite's own: a project has no artifacts of it, by which Hardhat would know them. */
function withSuiteError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [unrecognized, data] = UNRECOGNIZED.exec(error.message) ?? [];
  const named = data === undefined ? undefined : suiteError(data);
  if (unrecognized !== undefined && named !== undefined) {
    const { stack } = error;
    error.message = error.message.replace(unrecognized, () => `custom error '${named}'`);
    if (stack !== undefined) error.stack = stack.replace(unrecognized, () => `custom error '${named}'`);
  }
  return error;
}

/** Gives every connection its `nexus`, keeps it in step with the chain, and ends it with the connection. */
export default async (): Promise<Partial<NetworkHooks>> => {
  const attached = new WeakMap<object, Nexus>();
  return {
    async newConnection<T extends ChainType | string>(
      context: HookContext,
      next: (nextContext: HookContext) => Promise<NetworkConnection<T>>,
    ) {
      const connection = await next(context);
      const nexus = new Nexus(context, connection);
      attached.set(connection, nexus);
      connection.nexus = nexus;
      return connection;
    },

    async closeConnection<T extends ChainType | string>(
      context: HookContext,
      connection: NetworkConnection<T>,
      next: (nextContext: HookContext, nextConnection: NetworkConnection<T>) => Promise<void>,
    ) {
      await attached.get(connection)?.close();
      attached.delete(connection);
      return next(context, connection);
    },

    async onRequest<T extends ChainType | string>(
      context: HookContext,
      connection: NetworkConnection<T>,
      request: JsonRpcRequest,
      next: (
        nextContext: HookContext,
        nextConnection: NetworkConnection<T>,
        nextRequest: JsonRpcRequest,
      ) => Promise<JsonRpcResponse>,
    ) {
      const response = await next(context, connection, request).catch((error: unknown) => {
        throw withSuiteError(error);
      });
      if ("result" in response) {
        const params = Array.isArray(request.params) ? request.params : [];
        await attached
          .get(connection)
          ?.session.afterRequest(connection, request.method, params, response.result);
      }
      return response;
    },
  };
};
