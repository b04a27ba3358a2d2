import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { PimeshError } from "../core/error.ts";
import type { Rest } from "./rest-client.ts";

/**
 * Waits for an instance that was just started, or that changes the doors it listens at [ran]. Errors: those of `openRest`; what
 * says that it is away only after `withinMs`.
 */
export async function untilItListens(rest: Rest, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return void (await rest.get("/rest/system/version", z.looseObject({})));
    } catch (error) {
      const away = error instanceof PimeshError && /^E-(?:ENGINE-DOWN|CONNECTION-LOST)$/.test(error.code);
      if (!away || Date.now() > deadline) throw error;
    }
    await sleep(250);
  }
}
