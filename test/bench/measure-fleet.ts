import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ansibleFor } from "./ansible.ts";
import { mustCost, pimeshCost, type Bench } from "./bench.ts";
import type { Cost } from "./cost.ts";
import { costRow, cpu, total, wall } from "./diff-rows.ts";
import { makeFleet, type Fleet } from "./fleet.ts";
import { makeLaptop } from "./laptop.ts";
import type { Peer, Row } from "./row.ts";

/** What is asked of many nodes at once: how they are, and to be as they are to be. */
export async function measureFleet(bench: Bench): Promise<Row[]> {
  const { only, nodes: many } = bench.options;
  const asked = only.includes("status");
  const fleet = await makeFleet(bench, asked ? many : provisioned);
  bench.note(
    "nodes of `status` and `provision` are simulated Pis (a folder each, real shells, stand-ins for what needs root) behind real sshds; their work is done by this machine's own cores, beside the laptop's",
  );
  bench.note(
    "Ansible at its fastest: all nodes at once, pipelining, no facts; every run opens its own connections",
  );
  return [
    ...(asked ? await measureStatus(bench, fleet) : []),
    ...(only.includes("provision") ? await measureProvision(bench, fleet) : []),
  ];
}

const provisioned = 3;

async function measureStatus(bench: Bench, fleet: Fleet): Promise<Row[]> {
  const { nodes, laptop } = fleet;
  bench.say(`status of ${nodes.length} nodes`);
  const hosts = join(laptop.home, "hosts");
  writeFileSync(hosts, nodes.map(({ name }) => `${name}\n`).join(""));
  const pssh = [
    "parallel-ssh",
    "-h",
    hosts,
    "-p",
    String(nodes.length),
    "-x",
    `-F ${laptop.sshConfig}`,
    "true",
  ];
  const ours: Cost[] = [];
  const theirs: { [P in Peer]?: Cost[] } = {};
  for (let round = 0; round < bench.options.runs; round += 1) {
    ours.push(await pimeshCost(bench, nodes, laptop, ["status"], [0, 1]));
    if (!bench.missing.includes("pssh"))
      (theirs.pssh ??= []).push(await mustCost(bench, nodes, pssh, { env: { HOME: laptop.home } }));
    if (!bench.missing.includes("Ansible")) {
      const { ping, environment } = ansibleFor(fleet);
      (theirs.Ansible ??= []).push(await mustCost(bench, nodes, ping, { env: environment }));
    }
  }
  const what = `status, ${nodes.length} nodes`;
  const each = (part: (cost: Cost) => number | undefined) => (cost: Cost) => {
    const value = part(cost);
    return value === undefined ? undefined : value / nodes.length;
  };
  return [
    costRow(`${what}: wall time, against \`pssh true\``, "seconds", { ours, theirs }, wall, {
      text: "≤ 1.0 × `pssh`",
      limit: 1,
      of: "pssh",
    }),
    costRow(`${what}: wall time, against Ansible ping`, "seconds", { ours, theirs }, wall, {
      text: "≤ 0.25 × Ansible",
      limit: 0.25,
      of: "Ansible",
    }),
    costRow(`${what}: bytes on the wire a node`, "bytes", { ours, theirs }, each(total), {
      text: "≤ 12 KB",
      limit: 12_000,
    }),
    costRow(`${what}: laptop's CPU a node`, "seconds", { ours, theirs }, each(cpu)),
  ];
}

async function measureProvision(bench: Bench, fleet: Fleet): Promise<Row[]> {
  const nodes = fleet.nodes.slice(0, provisioned);
  bench.say(`provision of ${nodes.length} nodes with nothing to do`);
  const laptop = makeLaptop(bench.place, nodes, { name: "provision", ...fleet.settings });
  const few: Fleet = { ...fleet, nodes, laptop };
  const playbook = async (): Promise<Cost> => {
    const { playbook: command, environment } = ansibleFor(few);
    return mustCost(bench, nodes, command, { env: environment });
  };
  const ours: Cost[] = [];
  const theirs: { [P in Peer]?: Cost[] } = {};
  const compared = !bench.missing.includes("Ansible");
  // The first run makes everything
  if (compared) await playbook();
  for (let round = 0; round < bench.options.runs; round += 1) {
    ours.push(await pimeshCost(bench, nodes, laptop, ["provision", "--all"], [0]));
    if (compared) (theirs.Ansible ??= []).push(unchanged(await playbook()));
  }
  const what = `provision --all, ${nodes.length} nodes, nothing to do`;
  return [
    costRow(`${what}: wall time`, "seconds", { ours, theirs }, wall, {
      text: "≤ 0.2 × Ansible's 12 tasks",
      limit: 0.2,
      of: "Ansible",
    }),
    costRow(
      `${what}: bytes up a node`,
      "bytes",
      { ours, theirs },
      ({ traffic }) => (traffic === undefined ? undefined : traffic.up / nodes.length),
      {
        text: "≤ 20 KB",
        limit: 20_000,
      },
    ),
  ];
}

/** A playbook that changes something each time would be no comparison. */
function unchanged(cost: Cost): Cost {
  const recap = cost.stdout.toString("utf8").split("PLAY RECAP")[1] ?? "";
  if (!/changed=0/.test(recap) || /changed=[1-9]/.test(recap))
    throw new Error(`Ansible changed something:\n${recap}`);
  return cost;
}
