/** Loaded into a node before anything else (`node --import`): its machine stores something else than a program writes. */
import { StorageOverlay } from "../../../../plugin/cloud/runtime/storage-overlay.ts";

const { write } = StorageOverlay.prototype;

StorageOverlay.prototype.write = function (key: Uint8Array, value: Uint8Array | undefined): void {
  write.call(
    this,
    key,
    value?.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte)),
  );
};
