import { readFile } from "node:fs/promises";
import {
  askConfig,
  hostConfig,
  parseConfig,
  type ConfigQuestion,
  type HostConfig,
  type Laptop,
} from "./ssh-config.ts";

/**
 * `hostConfig` for many hosts of one run. Where the user's ssh configuration says the same about every host, `ssh` is asked once
 * for all of them: a process for each is what a status of many nodes would begin with.
 */
export function hostConfigs(laptop: Laptop): (question: ConfigQuestion) => Promise<HostConfig> {
  const answers = new Map<string, Promise<Answer | undefined>>();
  return async (question) => {
    if (!isPlain(question.host) || !isPlain(question.user ?? "me")) return hostConfig(question, laptop);
    // What is not given comes from the configuration
    const alike = JSON.stringify([question.user, question.port === undefined]);
    const first = answers.get(alike);
    if (first === undefined) {
      const own = ask(question, laptop);
      answers.set(alike, own);
      return configOf((await own)?.text, question, laptop);
    }
    const answer = await first;
    return configOf(answer?.ofAll === true ? about(question, answer.text) : undefined, question, laptop);
  };
}

async function configOf(
  text: string | undefined,
  question: ConfigQuestion,
  laptop: Laptop,
): Promise<HostConfig> {
  return text === undefined ? hostConfig(question, laptop) : parseConfig(text, question, laptop);
}

interface Answer {
  /** What `ssh -G` said of one host. */
  readonly text: string;
  /** It would say the same of any other. */
  readonly ofAll: boolean;
}

async function ask(question: ConfigQuestion, laptop: Laptop): Promise<Answer | undefined> {
  // -v: it names the files that it has read, also those that others include
  const answer = await askConfig(question, laptop, ["-v"]);
  if (answer.kind === "absent" || answer.code !== 0) return undefined;
  return { text: answer.stdout, ofAll: await readsAlike(answer.stderr) };
}

/** A name that ssh takes as it is: it would write a capital small, and understand a bracket. */
function isPlain(word: string): boolean {
  return /^[a-z0-9_][a-z0-9._-]*$/.test(word);
}

function about({ host, port }: ConfigQuestion, text: string): string {
  const named = text.replace(/^hostname .*$/m, `hostname ${host}`);
  return port === undefined ? named : named.replace(/^port .*$/m, `port ${port}`);
}

async function readsAlike(words: string): Promise<boolean> {
  const files = [...words.matchAll(/^debug1: Reading configuration data (.+?)\r?$/gm)].map(
    ([, file = ""]) => file,
  );
  // An ssh that names none does not say what it has read
  if (files.length === 0) return false;
  const texts = await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => undefined)));
  return texts.every((text) => text !== undefined && isUnconditional(text));
}

/** Whether a file of ssh_config(5) says the same about every host: no conditions, no tokens, nothing that names or skips a host. */
function isUnconditional(text: string): boolean {
  return text.split("\n").every((line) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return true;
    const [, keyword = "", value = ""] = /^([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)$/.exec(trimmed) ?? [];
    if (keyword === "" || value.includes("%")) return false;
    if (keyword.toLowerCase() === "host") return value === "*";
    return !/^(?:match|hostname|canonical|proxy)/i.test(keyword);
  });
}
