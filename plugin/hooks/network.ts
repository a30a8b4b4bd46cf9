import type { HookContext, NetworkHooks } from "hardhat/types/hooks";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import type { JsonRpcRequest, JsonRpcResponse } from "hardhat/types/providers";

import { Nexus } from "../api/nexus.ts";

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
      const response = await next(context, connection, request);
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
