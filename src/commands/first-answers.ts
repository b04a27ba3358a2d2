import { resolve } from "node:path";
import { PimeshError } from "../core/error.ts";
import { parseAddress } from "../inventory/address.ts";
import type { FirstInventory } from "../inventory/first-inventory.ts";
import { expandLaptopPath } from "../inventory/laptop-path.ts";
import { nodeNameProblem, userProblem } from "../inventory/names.ts";
import { quoted } from "../inventory/problem.ts";
import type { Context } from "./context.ts";

/** What the flags of `init` answer. */
export interface FirstAnswers {
  readonly tree?: string;
  /** `NAME=ADDRESS`, or `NAME=ADDRESS,ADDRESS`. */
  readonly node?: readonly string[];
  readonly user?: string;
  /** Ask nothing. */
  readonly yes?: boolean;
}

/** Flags first; what they leave open is asked on a terminal. Throws E-USAGE, E-NEEDS-TTY. */
export async function firstInventoryOf(context: Context, flags: FirstAnswers): Promise<FirstInventory> {
  const asks = flags.yes !== true && context.prompt.interactive;
  // Flags are looked at before the first question: nobody likes to answer for nothing.
  const given = {
    tree: flags.tree === undefined ? undefined : sound("--tree", flags.tree, treeProblem(context)),
    user: flags.user === undefined ? undefined : sound("--user", flags.user, userProblem),
    nodes: flags.node?.map(nodeOfFlag),
  };
  if (!asks && (given.tree === undefined || given.nodes === undefined)) throw missing(flags);
  const tree = given.tree ?? (await askTree(context));
  const nodes = given.nodes ?? (await askNodes(context));
  const user = given.user ?? (asks ? await askUser(context) : "");
  const twice = nodes.find(({ name }, index) => nodes.findIndex((other) => other.name === name) !== index);
  if (twice)
    throw new PimeshError("E-USAGE", `the name ${twice.name} is given to two nodes`, { hint: addressesHint });
  return { tree: inInventory(tree, context), user: user === "" ? undefined : user, nodes };
}

type Nodes = FirstInventory["nodes"];
type ProblemOf = (text: string) => string | undefined;

const addressesHint = "several addresses of one node: --node NAME=ADDRESS,ADDRESS";

function missing({ tree, node, yes }: FirstAnswers): PimeshError {
  const flags = [tree === undefined ? "--tree FOLDER" : "", node === undefined ? "--node NAME=ADDRESS" : ""];
  const needed = flags.filter((flag) => flag !== "").join(" ");
  const why = yes === true ? "--yes asks nothing" : "there is no terminal to ask on";
  return new PimeshError(
    yes === true ? "E-USAGE" : "E-NEEDS-TTY",
    `${why}, and these are missing: ${needed}`,
    {
      hint: `pimesh init --tree FOLDER --node NAME=ADDRESS`,
    },
  );
}

function nodeOfFlag(flag: string): Nodes[number] {
  const [, name = "", list = ""] = /^([^=]*)=(.*)$/s.exec(flag) ?? [];
  if (!flag.includes("=")) {
    throw new PimeshError("E-USAGE", `--node takes NAME=ADDRESS: ${quoted(flag)} has no =`, {
      hint: "pimesh init --node mom=mom.example.org",
    });
  }
  sound("--node", name, nodeNameProblem);
  const addresses = addressList(list);
  if (addresses.length === 0) sound("--node", "", () => `gives ${name} no address`);
  for (const address of addresses) sound("--node", address, addressProblem);
  return { name, addresses };
}

function sound(flag: string, text: string, problemOf: ProblemOf): string {
  const problem = problemOf(text);
  if (problem === undefined) return text;
  throw new PimeshError("E-USAGE", `${flag}${text === "" ? "" : ` ${quoted(text)}:`} ${problem}`, {
    hint: "pimesh init --help",
  });
}

async function askTree(context: Context): Promise<string> {
  const question = "The folder on this machine that is synced [~/btsync]: ";
  return askUntil(context, question, "--tree FOLDER", treeProblem(context), "~/btsync");
}

async function askNodes(context: Context): Promise<Nodes> {
  const nodes: { name: string; addresses: string[] }[] = [];
  for (;;) {
    const first = nodes.length === 0;
    const question = first
      ? "Name of the first Pi, such as home: "
      : "Name of the next Pi (Enter: no more): ";
    const name = await askUntil(context, question, "--node NAME=ADDRESS", (text) => {
      if (text === "" && !first) return undefined;
      return nodes.some((node) => node.name === text) ? "is taken already" : nodeNameProblem(text);
    });
    if (name === "") return nodes;
    const addresses = await askUntil(
      context,
      `Address of ${name} (host, host:port; several with commas): `,
      "--node NAME=ADDRESS",
      (text) =>
        text === ""
          ? "is needed"
          : addressList(text)
              .map(addressProblem)
              .find((problem) => problem !== undefined),
    );
    nodes.push({ name, addresses: addressList(addresses) });
  }
}

async function askUser(context: Context): Promise<string> {
  const question = "Login name on the Pis (Enter: as your ssh configuration says): ";
  return askUntil(context, question, "--user NAME", (text) => (text === "" ? undefined : userProblem(text)));
}

/** Asks again until the answer is in order; Ctrl-C ends it. */
async function askUntil(
  { prompt, err }: Context,
  question: string,
  flag: string,
  problemOf: ProblemOf,
  otherwise = "",
): Promise<string> {
  for (;;) {
    const answer = (await prompt.ask(question, { flag: `pimesh init ${flag}` })).trim() || otherwise;
    const problem = problemOf(answer);
    if (problem === undefined) return answer;
    err(`${answer === "" ? "this" : `${quoted(answer)}:`} ${problem}\n`);
  }
}

function addressList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function addressProblem(text: string): string | undefined {
  const result = parseAddress(text);
  return typeof result === "string" ? result : undefined;
}

function treeProblem(context: Context): ProblemOf {
  return (text) => {
    const result = expandLaptopPath(inInventory(text, context), context);
    return "problem" in result ? result.problem : undefined;
  };
}

/** A path typed at a prompt is relative to the current folder; an inventory has none, and wants `~`, `$NAME` or `/`. */
function inInventory(tree: string, { cwd }: Context): string {
  return tree === "" || /^[~$/]/.test(tree) ? tree : resolve(cwd, tree).replaceAll("$", "$$$$");
}
