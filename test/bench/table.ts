import { formatValue, type Unit } from "./numbers.ts";
import { peers, ratioTo, rival, verdict, type Peer, type Row, type Value } from "./row.ts";

/** Under which name a peer has its column. */
const heads: Readonly<Record<Peer, string>> = {
  find: "`find`",
  ssh: "bare `ssh`",
  rsync: "`rsync -n`",
  rclone: "`rclone check`",
  "find+zstd": "`find`+`zstd`",
  pssh: "`pssh true`",
  Ansible: "Ansible",
};

/** One Markdown table; a column that nobody has a value in stays, empty: that peer was not there. */
export function markdownTable(rows: readonly Row[]): string {
  const head = ["work", "target", "**pimesh**", ...peers.map((peer) => heads[peer]), "ratio", "met"];
  const lines = rows.map((row) => [
    row.work,
    row.target?.text ?? "",
    cell(row.ours, row.unit) && `**${cell(row.ours, row.unit)}**`,
    ...peers.map((peer) => cell(row.theirs[peer], row.unit)),
    ratio(row),
    verdict(row),
  ]);
  return [head, head.map((_, index) => (index < 2 ? "---" : "--:")), ...lines].map(line).join("");
}

function cell(value: Value | undefined, unit: Unit): string {
  if (value === undefined) return "";
  return `${value.computed === true ? "≈ " : ""}${value.below === true ? "< " : ""}${formatValue(value.value, unit)}`;
}

function ratio(row: Row): string {
  const peer = rival(row);
  const value = peer === undefined ? undefined : ratioTo(row, peer);
  // Of counts of mistakes there is nothing to divide
  if (peer === undefined || value === undefined || row.unit === "count") return "";
  return `${formatValue(value, "times")} of ${heads[peer]}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |\n`;
}
