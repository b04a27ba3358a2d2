import { createHash } from "node:crypto";
import type { FileOptions } from "./pi-options.ts";

/** A tree by path; every file has its own content and time, so that two makings of it are the same. */
export type Tree = Readonly<Record<string, FileOptions>>;

/** What the family has on the laptop: some hundreds of small files with the names that real ones have. */
export function familyTree(): Tree {
  const tree: Record<string, FileOptions> = {};
  const add = (path: string, size: number, day: string): void => {
    tree[path] = file(path, size, day);
  };
  for (const [album, count, day] of albums) {
    for (let number = 1; number <= count; number += 1) {
      add(`photos/${album}/IMG_${String(number).padStart(4, "0")}.jpg`, 900 + ((number * 131) % 2900), day);
    }
  }
  for (const [artist, songs] of Object.entries(music)) {
    songs.forEach((song, index) =>
      add(
        `music/${artist}/${String(index + 1).padStart(2, "0")} ${song}.mp3`,
        4100 + index * 37,
        "2016-03-12",
      ),
    );
  }
  for (const [series, seasons] of Object.entries(seasonsOf)) {
    for (let season = 1; season <= seasons; season += 1) {
      for (let episode = 1; episode <= 8; episode += 1) {
        add(
          `series/${series}/Season ${season}/${series} S0${season}E0${episode}.mkv`,
          9000 + episode * 113,
          `202${season}-11-0${episode}`,
        );
      }
    }
  }
  for (const [movie, year] of Object.entries(movies)) {
    add(`movies/${movie} (${year})/${movie}.mkv`, 16_000 + Number(year), `${Number(year) + 2}-05-05`);
    add(`movies/${movie} (${year})/${movie}.hu.srt`, 700, `${Number(year) + 2}-05-06`);
  }
  for (const name of papers) add(`papers/${name}`, 1500 + name.length * 17, "2025-02-28");
  return tree;
}

/** The same tree as a home has it: some things missing, some others, some changed. What is not named stays the same. */
export function treeAt(tree: Tree, changes: Changes): Tree {
  const result: Record<string, FileOptions> = {};
  for (const [path, content] of Object.entries(tree)) {
    if (changes.missing(path)) continue;
    const renamed = changes.renamed[path] ?? path;
    const day = changes.edited[path];
    result[renamed] = day === undefined ? content : file(`${path} as edited`, sizeOf(content) + 212, day);
  }
  for (const [path, day] of Object.entries(changes.extra)) result[path] = file(path, 2048, day);
  return result;
}

export interface Changes {
  readonly missing: (path: string) => boolean;
  readonly extra: Readonly<Record<string, string>>;
  /** Day of the other version, by path. */
  readonly edited: Readonly<Record<string, string>>;
  readonly renamed: Readonly<Record<string, string>>;
}

export const same: Changes = { missing: () => false, extra: {}, edited: {}, renamed: {} };

/** Grandma's line is slow: the newest is not there yet, and she keeps a few things of her own. */
export const grandmasChanges: Changes = {
  missing: (path) =>
    path.startsWith("photos/2026 Balaton ⛵/") && Number(/(\d{4})\.jpg$/.exec(path)?.[1]) > 19,
  extra: {
    "photos/Nagyi's own/tomatoes.jpg": "2026-08-20",
    "photos/Nagyi's own/the cat again.jpg": "2026-09-03",
    "papers/recipes/meggyes pite.txt": "2024-07-01",
  },
  edited: {
    "papers/addresses.txt": "2026-01-15",
    "papers/recipes/húsleves.txt": "2024-12-24",
  },
  // A Mac once wrote it with the accents apart
  renamed: { "papers/születésnapok.txt": "papers/születésnapok.txt".normalize("NFD") },
};

/** Mom's disk was copied by hand last spring, before it was carried over. */
export const momsChanges: Changes = {
  ...same,
  missing: (path) => path.startsWith("photos/2026") || path.startsWith("series/Csengetett, Mylord/Season 3/"),
};

const albums: readonly [name: string, count: number, day: string][] = [
  ["2019 Tátra", 34, "2019-07-14"],
  ["2023 Nagyi 80 🎂", 41, "2023-04-22"],
  ["2024 Karácsony", 28, "2024-12-26"],
  ["2025 Wien & Praha", 37, "2025-06-02"],
  ["2026 Balaton ⛵", 26, "2026-08-09"],
];

const music: Readonly<Record<string, readonly string[]>> = {
  "Kovács Erzsi": ["Régi óra", "Egy szál harangvirág", "Várj, míg felkel majd a nap"],
  "Les Amis d'Été": ["À l'aube", "Ça va", "Où est le café?", "Fin"],
  "Brass Band No. 5": ["March", "Waltz", "Polka (live)", "Encore!", "Encore, again"],
};

const seasonsOf: Readonly<Record<string, number>> = { "Csengetett, Mylord": 3, "The Lighthouse": 2 };

const movies: Readonly<Record<string, string>> = {
  "The Long Way Home": "2011",
  "Őszi fény": "2014",
  "Two Boats": "2018",
  "Señora Luna": "2020",
};

const papers: readonly string[] = [
  "addresses.txt",
  "születésnapok.txt",
  "insurance 2025.pdf",
  "flat -- plans [final] (2).pdf",
  "recipes/húsleves.txt",
  "recipes/almás pite.txt",
];

function file(seed: string, size: number, day: string): FileOptions {
  return { content: bytes(seed, size), mtime: Date.parse(`${day}T12:00:00Z`) / 1000 };
}

/** Bytes that do not compress, the same for the same seed. */
function bytes(seed: string, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let length = 0; length < size; length += 32) {
    blocks.push(createHash("sha256").update(`${seed}\0${length}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

function sizeOf(content: FileOptions): number {
  return content !== null && typeof content === "object" && "content" in content ? content.content.length : 0;
}
