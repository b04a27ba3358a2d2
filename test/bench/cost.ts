import { readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startFarEnd, type FarNode } from "./far-end.ts";
import type { Line, Traffic } from "./line.ts";
import { startMeasured, type CommandOptions } from "./measured.ts";
import type { Place } from "./place.ts";
import type { Value } from "./row.ts";

/** What one run of a command cost on both ends and on the line between. */
export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of all processes on the laptop's side, ssh and what outlived the command too. */
  readonly cpu: number;
  readonly peak: Value;
  /** Nothing where there is no far end; no CPU where there are no control groups. */
  readonly far: { readonly cpu?: number; readonly peak?: Value };
  /** Nothing where it cannot be told. */
  readonly traffic?: Traffic;
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a command on the laptop while these nodes answer. */
export async function costOf(
  place: Place,
  nodes: readonly FarNode[],
  command: readonly string[],
  options: CommandOptions = {},
): Promise<Cost> {
  const { line, groups } = place;
  const farEnd = nodes.length === 0 ? undefined : await startFarEnd(place, nodes);
  const before = { traffic: line.traffic?.(), laptop: groups.laptop?.cpu(), pi: groups.pi?.cpu() };
  const running = startMeasured(place, "laptop", command, options);
  const used = await running.used;
  const after = farEnd === undefined ? line.traffic?.() : await settled(line);
  const farPeak = await farEnd?.stop();
  groups.laptop?.clear();
  const said = { stdout: readFileSync(running.stdout), stderr: readFileSync(running.stderr, "utf8") };
  for (const file of [running.stdout, running.stderr]) rmSync(file);
  return {
    wall: used.wall,
    cpu: difference(before.laptop, groups.laptop?.cpu()) ?? used.cpu,
    peak: used.peak,
    far: farPeak === undefined ? {} : { peak: farPeak, ...cpuOf(difference(before.pi, groups.pi?.cpu())) },
    ...(before.traffic === undefined || after === undefined ? {} : { traffic: since(before.traffic, after) }),
    code: used.code,
    ...said,
  };
}

/** The counters once nothing has moved for a fifth of a second: a slow line still carries what a command has left. */
async function settled({ traffic }: Line): Promise<Traffic | undefined> {
  let last = traffic?.();
  for (let tries = 0; tries < 50; tries += 1) {
    await sleep(200);
    const now = traffic?.();
    if (now?.total === last?.total) return now;
    last = now;
  }
  return last;
}

function since(before: Traffic, now: Traffic): Traffic {
  return { total: now.total - before.total, up: now.up - before.up, down: now.down - before.down };
}

function difference(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : now - before;
}

function cpuOf(seconds: number | undefined): { cpu?: number } {
  return seconds === undefined ? {} : { cpu: seconds };
}
