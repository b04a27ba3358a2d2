import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import type { CleanUp } from "./clean-up.ts";

/** Bytes that went over the line; up and down are from the laptop. */
export interface Traffic {
  readonly total: number;
  readonly up: number;
  readonly down: number;
}

/** What lies between the laptop and the Pi. */
export interface Line {
  /** The Pi's address. */
  readonly host: string;
  /** Before a command that is to run on the Pi's side. */
  readonly enter: readonly string[];
  /** What to know about the numbers. */
  readonly about: string;
  /** Everything so far, headers of Ethernet, IP and TCP too. Not there where it cannot be told. */
  readonly traffic?: () => Traffic;
  /** Limits both directions to so many bytes a second; `undefined` lifts it. Not there where it cannot be done. */
  readonly shape?: (rate: number | undefined) => void;
}

/** A network namespace and a pair of virtual interfaces where root may have them, else loopback. */
export function openLine(undo: CleanUp): Line {
  if (process.getuid?.() !== 0) return loopback("not root");
  const failed = spawnSync("ip", ["netns", "list"]).error;
  return failed === undefined ? virtualPair(undo) : loopback("no ip(8)");
}

function virtualPair(undo: CleanUp): Line {
  const name = `pmbench${process.pid}`;
  const [near, far] = [`${name}a`, `${name}b`];
  // 198.18.0.0/15 is for benchmarks (RFC 2544)
  const net = `198.18.${process.pid % 256}`;
  const [laptop, pi] = [`${net}.1`, `${net}.2`];
  run("ip", "netns", "add", name);
  undo.later("ip", "netns", "delete", name);
  run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
  undo.later("ip", "link", "delete", near);
  run("ip", "address", "add", `${laptop}/30`, "dev", near);
  run("ip", "-n", name, "address", "add", `${pi}/30`, "dev", far);
  const enter = ["nsenter", `--net=/run/netns/${name}`];
  // Each segment has its own headers, as on a real line, and nothing speaks that was not asked
  run("ip", "link", "set", near, "gso_max_segs", "1");
  run("ip", "-n", name, "link", "set", far, "gso_max_segs", "1");
  writeFileSync(`/proc/sys/net/ipv6/conf/${near}/disable_ipv6`, "1");
  run(...enter, "sh", "-c", `echo 1 >/proc/sys/net/ipv6/conf/${far}/disable_ipv6`);
  run("ip", "-n", name, "link", "set", "lo", "up");
  run("ip", "-n", name, "link", "set", far, "up");
  run("ip", "link", "set", near, "up");
  return {
    host: pi,
    enter,
    about:
      "the Pi's side is a network namespace behind a pair of virtual interfaces, whose counters gave the bytes",
    traffic: () => {
      const [up, down] = [bytesOf(near, "tx"), bytesOf(near, "rx")];
      return { total: up + down, up, down };
    },
    shape: (rate) => {
      for (const [tc, device] of [
        [["tc"], near],
        [["tc", "-n", name], far],
      ] as const) {
        if (rate === undefined) run(...tc, "qdisc", "delete", "dev", device, "root");
        else
          run(
            ...tc,
            ...`qdisc add dev ${device} root tbf rate ${rate * 8}bit burst 4kb latency 1s`.split(" "),
          );
      }
      // What TCP remembers of the other line must not help or hinder it on this one
      run("ip", "tcp_metrics", "flush", `${net}.0/30`);
      run("ip", "-n", name, "tcp_metrics", "flush", `${net}.0/30`);
    },
  };
}

function loopback(why: string): Line {
  return {
    host: "127.0.0.1",
    enter: [],
    about: `${why}: both sides on loopback, which cannot be slowed, and whose counter sees this machine's other traffic too: no bytes, no slow line`,
  };
}

function bytesOf(device: string, direction: "tx" | "rx"): number {
  return Number(readFileSync(`/sys/class/net/${device}/statistics/${direction}_bytes`, "utf8"));
}

function run(...command: readonly string[]): void {
  const [program = "", ...args] = command;
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")}: ${error?.message ?? stderr.trim()}`);
}
