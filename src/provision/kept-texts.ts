import type { Facts } from "../facts/facts.ts";
import { keptFacts } from "../facts/gather.ts";
import type { Node } from "../inventory/inventory.ts";
import { keptProgram } from "../tree/reconcile-program.ts";
import type { DesiredFile } from "./desired.ts";
import type { Profile } from "./profile.ts";
import { indexWay } from "./tree-index.ts";

/**
 * What status and diff would send each time, left on the node: over a slow line that is most of what they cost. Both call it by the
 * hash of its text, and send it where it is not there.
 */
export function keptTexts({
  node,
  facts,
  profile,
}: {
  readonly node: Node;
  readonly facts: Pick<Facts, "python" | "find">;
  readonly profile: Profile;
}): DesiredFile[] {
  const file = (name: string, text: string | undefined, why: string): DesiredFile => ({
    resource: "scripts",
    path: `${profile.libFolder}/${name}`,
    text,
    mode: "644",
    owner: "0:0",
    why,
  });
  const questions = keptFacts(node);
  const answers = indexWay(facts) === "python";
  return [
    file(questions.name, questions.text, "the questions of status, so that they need not travel each time"),
    file(
      keptProgram.name,
      answers ? keptProgram.text : undefined,
      answers ? "answers diff, so that it need not travel each time" : "there is no python3 to run it",
    ),
  ];
}
