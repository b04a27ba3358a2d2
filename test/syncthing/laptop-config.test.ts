import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { configFolders, findLaptopSyncthing } from "../../src/syncthing/laptop-config.ts";

test.each([
  [{}, "linux", ["/home/ann/.config/syncthing", "/home/ann/.local/state/syncthing"]],
  [
    { XDG_CONFIG_HOME: "/c", XDG_STATE_HOME: "/s" },
    "linux",
    ["/c/syncthing", "/home/ann/.config/syncthing", "/s/syncthing", "/home/ann/.local/state/syncthing"],
  ],
  [
    { XDG_STATE_HOME: "relative" },
    "linux",
    ["/home/ann/.config/syncthing", "/home/ann/.local/state/syncthing"],
  ],
  [{ STHOMEDIR: "/h", STCONFDIR: "/x" }, "linux", ["/h"]],
  [{ STCONFDIR: "/x" }, "linux", ["/x"]],
  [{}, "darwin", ["/home/ann/Library/Application Support/Syncthing"]],
])("with %j on %s it is looked for in the places of Syncthing's own", (env, platform, folders) => {
  expect(configFolders({ env, home: "/home/ann", platform })).toEqual(folders);
});

const config = (key: string): string =>
  `<configuration><gui enabled="true"><address>127.0.0.1:8384</address><apikey>${key}</apikey></gui></configuration>`;

test("an old place with a configuration in it wins over the new one, as with Syncthing itself", async () => {
  const home = laptop({
    ".config/syncthing/config.xml": config("old"),
    ".local/state/syncthing/config.xml": config("new"),
  });
  expect((await findLaptopSyncthing({ env: {}, home, platform: "linux" }))?.access.apiKey).toBe("old");
});

test("a folder without a configuration does not hide the next place", async () => {
  const home = laptop({ ".config/syncthing/other": "", ".local/state/syncthing/config.xml": config("new") });
  expect((await findLaptopSyncthing({ env: {}, home, platform: "linux" }))?.access.apiKey).toBe("new");
});

test("without any there is no Syncthing", async () => {
  expect(await findLaptopSyncthing({ env: {}, home: laptop({}), platform: "linux" })).toBeUndefined();
});

test("a configuration that breaks off is an error that names the file, not no Syncthing", async () => {
  const home = laptop({ ".config/syncthing/config.xml": config("old").slice(0, 60) });
  await expect(findLaptopSyncthing({ env: {}, home, platform: "linux" })).rejects.toMatchObject({
    code: "E-ENGINE-ANSWER",
    node: "laptop",
    message: expect.stringMatching(/config\.xml breaks off/) as string,
  });
});

function laptop(files: Readonly<Record<string, string>>): string {
  const home = mkdtempSync(join(tmpdir(), "pimesh-st-home-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  return home;
}
