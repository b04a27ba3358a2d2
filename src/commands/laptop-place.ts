import { createHash } from "node:crypto";
import { fileSystemOf } from "../tree/file-system.ts";

/** What the laptop's tree lies on: the type of its file system, and what stands for its UUID where the system tells none. */
export async function laptopPlace(
  tree: string,
): Promise<{ readonly uuid: string; readonly fileSystem: string }> {
  const found = await fileSystemOf(tree);
  const uuid = found?.uuid ?? shortHash(`${found?.type ?? ""} ${found?.mountPoint ?? ""}`);
  return { uuid, fileSystem: found?.type ?? "unknown" };
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
