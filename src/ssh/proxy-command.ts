import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

/**
 * The stdin and stdout of the user's ProxyCommand as one stream, run by `/bin/sh -c` as OpenSSH does. Its tokens are
 * already expanded. `words()` are the last things it said on stderr, for the message when it fails.
 */
export function proxyCommand(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly stream: Duplex; readonly words: () => string } {
  const child = spawn("/bin/sh", ["-c", `exec ${command}`], {
    env: env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-2000)));
  const stream = new Duplex({
    read: () => void child.stdout.resume(),
    // A command that has gone takes nothing more; the end of its stdout is what tells, behind its last words on stderr.
    write: (chunk: Buffer, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => {
      child.stdin.end();
      done();
    },
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  child.stdout.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  // Its last words on stderr may come a little later than the end of its stdout, and they are the reason.
  child.stdout.on("end", () => setTimeout(() => stream.push(null), 500).unref());
  child.stdin.on("error", () => undefined);
  child.on("error", (error) => stream.destroy(error));
  child.on("close", () => stream.push(null));
  stream.on("error", () => undefined);
  return { stream, words: () => said.trim().split("\n").at(-1) ?? "" };
}
