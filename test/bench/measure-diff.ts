import { mustCost, pimeshCost, type Bench } from "./bench.ts";
import type { Cost } from "./cost.ts";
import { mistakes, type DifferenceKind } from "./differences.ts";
import type { Laptop } from "./laptop.ts";
import type { Peer } from "./row.ts";
import { pimeshReported, roundTripsIn, treePeers, type TreePeer } from "./tree-peers.ts";
import type { Trees } from "./trees.ts";

/** One comparison of two trees by everybody, several rounds of it. */
export interface DiffMeasured {
  readonly files: number;
  readonly differences: number;
  /** A cost a round; a peer that is measured once has it in the first. */
  readonly ours: readonly Cost[];
  /** With a Pi that has been provisioned, and keeps the far end: once, because only the bytes are others. */
  readonly kept: Cost;
  readonly theirs: { readonly [P in Peer]?: readonly Cost[] };
  /** Both sides' `find` at once, without SSH. */
  readonly floor: readonly Cost[];
  /** `find` on the far end while one runs here too, as the two walks of a comparison do; its answer thrown away there. */
  readonly farFind: readonly Cost[];
  /** False and missed differences together. */
  readonly mistakes: { readonly pimesh: number } & { readonly [P in Peer]?: number };
  /** After the handshake, as `diff -v` says; nothing when it does not. */
  readonly roundTrips?: number;
}

export interface DiffPlan {
  readonly trees: Trees;
  readonly laptop: Laptop;
  readonly differences: number;
  readonly rounds: number;
  /** Who is compared with. */
  readonly peers: readonly TreePeer[];
}

/** The peers that are there; those that take minutes for it only up to so many files. */
export function usablePeers({ missing }: Bench, files: number): TreePeer[] {
  return treePeers.filter(
    (peer) => !missing.includes(peer.needs) && !(peer.once === true && files > 400_000),
  );
}

/** Round by round, each of them once, so that all see the same moods of the machine. */
export async function measureDiff(bench: Bench, plan: DiffPlan): Promise<DiffMeasured> {
  const { trees, laptop, differences, rounds } = plan;
  bench.say(`${trees.files.toLocaleString("en-US")} files, ${differences} differences`);
  const expected = trees.differIn(differences);
  const find = String.raw`find "$1" -printf '%P\t%s\t%T@\n' >/dev/null`;
  const both = ["bash", "-c", `${find} & shift; ${find}; wait`, "bash", trees.left, trees.right];
  const ssh = ["ssh", "-F", laptop.sshConfig, "pi", find.replace('"$1"', trees.right)];
  const there = ["bash", "-c", `${find} & shift; "$@"; wait`, "bash", trees.left, ...ssh];
  // The first walk of fresh trees warms the cache for everybody
  await mustCost(bench, [], both);
  const [ours, floor, farFind]: [Cost[], Cost[], Cost[]] = [[], [], []];
  const theirs: { [P in Peer]?: Cost[] } = {};
  for (let round = 0; round < rounds; round += 1) {
    floor.push(await mustCost(bench, [], both));
    ours.push(await diffOnce(bench, plan));
    farFind.push(await mustCost(bench, [trees.pi], there));
    for (const peer of plan.peers) {
      if (peer.once === true && round > 0) continue;
      (theirs[peer.name] ??= []).push(await peerOnce(bench, plan, peer));
    }
  }
  const roundTrips = roundTripsIn((ours[0] as Cost).stderr);
  return {
    files: trees.files,
    differences,
    ours,
    kept: await trees.provisioned(async () => diffOnce(bench, plan)),
    theirs,
    floor,
    farFind,
    mistakes: {
      pimesh: Math.max(...ours.map((cost) => ourMistakes(bench, expected, cost))),
      ...Object.fromEntries(
        plan.peers.map((peer) => {
          const [first] = theirs[peer.name] as Cost[] as [Cost];
          const wrong = mistakes(expected, peer.reported(first.stdout));
          return [peer.name, wrong.false + wrong.missed];
        }),
      ),
    },
    ...(roundTrips === undefined ? {} : { roundTrips }),
  };
}

export function diffOnce(bench: Bench, { trees, laptop }: DiffPlan): Promise<Cost> {
  return pimeshCost(bench, [trees.pi], laptop, ["diff", "laptop", "pi", "--json", "-v"], [0, 1]);
}

export function peerOnce(bench: Bench, { trees, laptop }: DiffPlan, peer: TreePeer): Promise<Cost> {
  const command = peer.command(bench.place, laptop, trees);
  return mustCost(bench, [trees.pi], command, { env: { HOME: laptop.home }, codes: peer.codes });
}

/** We have to get the kind right as well. */
function ourMistakes(bench: Bench, expected: ReadonlyMap<string, DifferenceKind>, cost: Cost): number {
  const reported = pimeshReported(cost.stdout);
  const wrong = mistakes(
    expected,
    reported.map(({ path }) => path),
  );
  const miscalled = reported.filter(
    ({ path, kind }) => expected.has(path) && expected.get(path) !== kind,
  ).length;
  const all = wrong.false + wrong.missed + miscalled;
  if (all > 0) bench.say(`pimesh: ${wrong.false} false, ${wrong.missed} missed, ${miscalled} miscalled`);
  return all;
}
