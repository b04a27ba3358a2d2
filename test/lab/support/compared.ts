import { rsyncDiff } from "../../support/rsync-diff.ts";
import { tree, type Family } from "./family.ts";
import { keyFile } from "./images.ts";

/** `only-left photos/1.jpg`: what differs between the laptop and a Pi, as rsync over ssh finds it and as `diff` does. */
export async function compared(
  { laptop, machines, here }: Family,
  name: string,
): Promise<{ readonly rsync: readonly string[]; readonly diff: readonly string[] }> {
  const machine = machines[name];
  if (machine === undefined) throw new Error(`there is no ${name}`);
  await machine.run("command -v rsync || apt-get install -y -q --no-download rsync");
  const ssh = `ssh -F none -q -i ${keyFile} -p ${machine.port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlPath=none`;
  const found = rsyncDiff(here, `root@127.0.0.1:${tree}`, { ssh });
  const said = await laptop.pimesh("diff", "laptop", name, "--json");
  const document = JSON.parse(said.out) as {
    readonly differences: readonly { readonly kind: string; readonly path: string }[];
  };
  const diff = document.differences.map(({ kind, path }) => `${kind} ${path}`);
  if (said.code !== (diff.length === 0 ? 0 : 1)) throw new Error(`diff ended with ${said.code}: ${said.err}`);
  return { rsync: found.filter(isOfTheTree).toSorted(), diff: diff.toSorted() };
}

/** rsync knows no artefacts of the engine. */
function isOfTheTree(line: string): boolean {
  return !/^\S+ \.st(?:folder|ignore|versions)(?:\/|$)/.test(line);
}
