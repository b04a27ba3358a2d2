import { below, normal, seeded, type Random } from "./random.ts";

/** A file of a made tree: its path in latin1, one character a byte, its size in bytes and its time in seconds. */
export interface ShapedFile {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
}

/**
 * Names that have broken file tools; they come first in every tree. Each is in step on both sides, so that whoever
 * reports one of them is wrong.
 */
export const oddNames: readonly string[] = [
  "new\nline.txt",
  "two\nnew\nlines",
  "tab\there.txt",
  "back\\slash",
  "octal \\012",
  "a  b ",
  " leading",
  "-rf",
  "#tilde~",
  "[a]*?",
  "$(id) `id`",
  "it's",
  'quo"te',
  latin1("Süß é.txt".normalize("NFC")),
  latin1("Süß é.txt".normalize("NFD")),
  latin1("🎂.jpg"),
  "n".repeat(251),
];

/**
 * A tree of as many files in the shape of the seed's (facts/perf.md: 24,140 folders of 297,481 files, paths of 44 bytes in
 * the mean, a depth of up to 63, one folder with a fifteenth of all files, 93.5 GB), folder by folder. The same for the
 * same seed. At least 100 files.
 */
export function* treeShape(files: number, seed: number): Generator<ShapedFile> {
  const random = seeded(seed);
  const rest = { files };
  const fill = function* (folder: string, names: Iterable<string>): Generator<ShapedFile> {
    for (const name of names) {
      if (rest.files === 0) return;
      rest.files -= 1;
      yield { path: `${folder}/${name}`, size: sizeOf(random), mtime: timeOf(random) };
    }
  };
  yield* fill("papers/odd names", oddNames);
  yield* fill("photos/everything from the phone", numbered("IMG_", Math.floor(files / 15), ".jpg"));
  yield* chain(fill);
  const folders = [...tops];
  const wanted = Math.max(1, Math.round((files * 24_140) / 297_481));
  const mean = rest.files / wanted;
  for (let number = 0; rest.files > 0; number += 1) {
    const folder = newFolder(random, folders, number);
    // A few folders are large and many are small
    const many = 1 + Math.floor(-Math.log(1 - random()) * mean);
    yield* fill(folder, numbered(`${word(random)} `, many, ending(random)));
  }
}

type Fill = (folder: string, names: Iterable<string>) => Generator<ShapedFile>;

/** Somebody's backup of a backup: folders down to a depth of 63, with a file here and there. */
function* chain(fill: Fill): Generator<ShapedFile> {
  let folder = "papers/old";
  for (let depth = 2; depth < 62; depth += 1) {
    folder += `/${String.fromCharCode(97 + (depth % 26))}`;
    if (depth % 4 === 1) yield* fill(folder, [`note ${depth}.txt`]);
  }
}

const tops = ["movies", "series", "photos", "music", "papers"];

/** A new name below one of the folders so far; its number makes it unique. */
function newFolder(random: Random, folders: string[], number: number): string {
  const parent = folders[below(random, folders.length)] as string;
  const folder = `${parent}/${word(random)} ${number.toString(36)}`;
  if (folder.split("/").length < 5 && random() < 0.15) folders.push(folder);
  return folder;
}

function* numbered(before: string, many: number, after: string): Generator<string> {
  for (let number = 1; number <= many; number += 1)
    yield `${before}${String(number).padStart(4, "0")}${after}`;
}

function word(random: Random): string {
  let made = "";
  for (let syllables = 1 + below(random, 3); syllables > 0; syllables -= 1) {
    made += syllable[below(random, syllable.length)] as string;
  }
  return made;
}

const syllable = [
  ..."ba be bo da du el fi ga ka ko la le li ma mi mo na ne no or pa ra re ro sa si ta te to va ve zo".split(
    " ",
  ),
  ...["á", "é", "ő", "ű", "ö", "šť"].map((text) => latin1(text)),
  // As a Mac writes it
  latin1("é".normalize("NFD")),
];

function ending(random: Random): string {
  return [".jpg", ".jpg", ".mp3", ".mkv", ".pdf", ".txt", ".srt", ""][below(random, 8)] as string;
}

/** 314 KB in the mean, 20 KB in the median, 8 GB at most. */
function sizeOf(random: Random): number {
  return Math.min(Math.floor(20_000 * Math.exp(2.35 * normal(random))), 8_000_000_000);
}

/** From 2005 to 2026. Most file systems keep fractions of a second, most archives do not: every eighth file has none. */
function timeOf(random: Random): number {
  const seconds = 1_105_000_000 + below(random, 680_000_000);
  return below(random, 8) === 0 ? seconds : seconds + 0.25;
}

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
