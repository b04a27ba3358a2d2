import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/**
 * Runs a piece of TypeScript in a process that has root's eyes no more; what it prints. `imports`: names → files below `src`.
 * What it is to look at has to be open to others.
 */
export function asNobody(imports: Readonly<Record<string, string>>, text: string): string {
  const loaded = Object.entries(imports).map(
    ([name, file]) => `const { ${name} } = await import(${JSON.stringify(join(root, "src", file))});\n`,
  );
  // Imports first: the files of the project may be closed to nobody.
  const become = process.getuid?.() === 0 ? "process.setgid(65534); process.setuid(65534);\n" : "";
  const program = `${loaded.join("")}${become}${text}`;
  const words = ["--import", "tsx", "--input-type=module", "-e", program];
  return execFileSync(process.execPath, words, { cwd: root }).toString().trim();
}
