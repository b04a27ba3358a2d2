import { describe, expect, test } from "vitest";
import { askWeb, readVersion } from "../../src/btsync/ask-web.ts";
import { openWeb, type WebOptions } from "../../src/btsync/web-client.ts";
import { PimeshError } from "../../src/core/error.ts";
import { recorded } from "./recorded.ts";
import { login, recordedWeb, type Mood } from "./recorded-web.ts";

const tree = "/media/btsync/btsync";
const key = "ABYLI66VS2YU4V5TR422B3N43SHAJLHMN";

test("a folder is asked for with login, token and cookie, and then the version", async () => {
  const server = await recordedWeb({
    getsyncfolders: recorded("3.1-fields"),
    version: { status: 200, value: "3.1.2.1076" },
  });
  using web = openWeb(server.options);
  expect(await askWeb(web, "mom", tree)).toMatchObject({ state: "synced", version: "3.1.2.1076" });
  expect(server.asked).toEqual(["/gui/token.html", "getsyncfolders", "version"]);
});

test("1.3 and before is asked for its version in its own words", async () => {
  const server = await recordedWeb({
    getsyncfolders: recorded("1.1-synced"),
    getversion: { version: "121" },
  });
  using web = openWeb(server.options);
  expect(await askWeb(web, "mom", tree)).toMatchObject({ state: "unknown", version: "121" });
});

test("who does not say his version has told the rest all the same", async () => {
  const server = await recordedWeb({ getsyncfolders: recorded("1.4-nobody-connected") });
  using web = openWeb(server.options);
  expect(await askWeb(web, "mom", tree)).toMatchObject({ state: "alone", version: null });
});

test("a token that has gone stale is fetched once more", async () => {
  const server = await recordedWeb({ getsyncfolders: recorded("3.1-fields") });
  using web = openWeb(server.options);
  await web.ask("getsyncfolders");
  server.forget();
  await web.ask("getsyncfolders");
  expect(server.asked).toEqual([
    "/gui/token.html",
    "getsyncfolders",
    "getsyncfolders",
    "/gui/token.html",
    "getsyncfolders",
  ]);
});

describe("an error, which has no secret in it, is", () => {
  test.each<[string, Mood, string, RegExp]>([
    ["silence", "silent", "E-TIMED-OUT", /within 0\.3 s/],
    ["a page in place of an answer", "html", "E-ENGINE-ANSWER", /no JSON/],
    ["another protocol", "rude", "E-ENGINE-ANSWER", /no HTTP/],
    ["a refusal", "refuses", "E-ENGINE-REFUSED", /SE_SM_NO_IDENTITY \(205\)/],
    ["a page without a token", "no-token", "E-ENGINE-ANSWER", /holds none/],
    ["a token that is never taken", "always-stale", "E-ENGINE-ANSWER", /no JSON \(400\)/],
  ])("%s", async (_, mood, code, message) => {
    const error = await failure(mood);
    expect(error).toMatchObject({ code, node: "mom" });
    expect(error.message).toMatch(message);
  });

  test("a login that is not taken", async () => {
    const access = { kind: "on", port: 1, tls: false, login: "ann:wrong" } as const;
    expect(await failure("well", { access })).toMatchObject({ code: "E-ENGINE-KEY" });
  });

  test("a port where nobody listens", async () => {
    expect(await failure("well", { open: closed })).toMatchObject({ code: "E-ENGINE-DOWN" });
  });

  test("an interruption", async () => {
    expect(await failure("silent", { signal: AbortSignal.timeout(50) })).toMatchObject({
      code: "E-INTERRUPTED",
    });
  });
});

test.each<[unknown, string | null]>([
  [{ value: "3.1.2.1076" }, "3.1.2.1076"],
  [{ version: "121" }, "121"],
  [{ version: 0x0103_005e }, "1.3.94"],
  [{ value: { version: "1.4.83" } }, "1.4.83"],
  [{ version: "<script>" }, null],
  [{ version: 12 }, null],
  [{}, null],
  [null, null],
])("the version in %j is %s", (answer, version) => {
  expect(readVersion(answer)).toBe(version);
});

async function closed(): Promise<never> {
  throw new PimeshError("E-PORT-CLOSED", "nothing listens", { node: "mom" });
}

async function failure(mood: Mood, changes: Partial<WebOptions> = {}): Promise<PimeshError> {
  const server = await recordedWeb({ getsyncfolders: recorded("3.1-fields") });
  server.mood = mood;
  using web = openWeb({ ...server.options, deadlineMs: 300, ...changes });
  const error: unknown = await askWeb(web, "mom", tree).catch((each: unknown) => each);
  if (!(error instanceof PimeshError)) throw new Error(`no error of ours: ${String(error)}`);
  const said = JSON.stringify([error.message, error.hint]);
  for (const secret of [key, login, "bogár", "token1", "guid1", Buffer.from(login).toString("base64")]) {
    expect(said).not.toContain(secret);
  }
  return error;
}
