import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { liveLines } from "../../src/render/live.ts";
import { displayWidth } from "../../src/render/width.ts";
import { Screen } from "./screen.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("live lines on a terminal", () => {
  test("are one line for each name, redrawn in place", () => {
    const { output, screen } = fake();
    const lines = liveLines(output, ["home", "grandma"]);
    lines.update("grandma", "connecting");
    lines.update("home", "counting");
    lines.update("grandma", "asking");
    expect(screen.lines()).toEqual(["home     counting", "grandma  asking"]);
    lines.finish();
  });

  test("are gone after the end, and what was there before stays", () => {
    const { output, screen } = fake();
    output.err("before\n");
    const lines = liveLines(output, ["home", "mom"]);
    lines.update("mom", "asking");
    lines.finish();
    lines.update("mom", "too late");
    lines.finish();
    output.err("after\n");
    expect(screen.lines()).toEqual(["before", "after"]);
  });

  test("show how long a node has kept us waiting, but not once it is done", () => {
    const { output, screen } = fake();
    const lines = liveLines(output, ["home", "mom"]);
    lines.update("home", "counting");
    lines.update("mom", "counting");
    lines.done("home", "ok");
    vi.advanceTimersByTime(12_000);
    expect(screen.lines()).toEqual(["home  ok", "mom   counting (12 s)"]);
    lines.finish();
  });

  test("stop at Ctrl-C, stay readable and leave the terminal as it was", () => {
    const { output, screen, abort } = fake();
    const lines = liveLines(output, ["mom"]);
    lines.update("mom", "counting");
    abort();
    const written = screen.raw.length;
    lines.update("mom", "ok");
    vi.advanceTimersByTime(60_000);
    lines.finish();
    expect(screen.raw.length).toBe(written);
    expect(screen.lines()).toEqual(["mom  counting"]);
    expect(screen.wraps).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are cut to the width of the terminal, double-width names too", () => {
    const { output, screen } = fake({ columns: 20 });
    const lines = liveLines(output, ["祖母の家", "mom"]);
    lines.update("祖母の家", "counting 297,481 files");
    lines.update("mom", "asking");
    expect(screen.lines()).toEqual(["祖母の家  counting…", "mom       asking"]);
    for (const line of screen.lines()) expect(displayWidth(line)).toBeLessThan(20);
    lines.finish();
    expect(screen.lines()).toEqual([]);
  });

  test("survive a terminal that is narrower than it says", () => {
    const { output, screen } = fake({ columns: 200, really: 10 });
    const lines = liveLines(output, ["home", "mom"]);
    lines.update("home", "counting 297,481 files");
    lines.update("mom", "asking its engine");
    lines.finish();
    expect(screen.lines()).toEqual([]);
  });

  test("of a large fleet are those still at work", () => {
    const { output, screen } = fake();
    const names = Array.from({ length: 20 }, (_, index) => `pi${index}`);
    const lines = liveLines(output, names);
    lines.done("pi0", "ok");
    expect(screen.lines()).toHaveLength(16);
    expect(screen.lines()[0]).toBe("pi1   waiting");
    expect(screen.lines().at(-1)).toBe("and 5 more");
    for (const name of names) lines.done(name, "ok");
    expect(screen.lines()).toEqual(["20 done"]);
    lines.finish();
    expect(screen.lines()).toEqual([]);
  });

  test("make way for a line of another kind", () => {
    const { output, screen } = fake();
    const lines = liveLines(output, ["home", "mom"]);
    lines.print("the laptop's tree is not there");
    lines.update("mom", "asking");
    expect(screen.lines()).toEqual(["the laptop's tree is not there", "home  waiting", "mom   asking"]);
    lines.finish();
    expect(screen.lines()).toEqual(["the laptop's tree is not there"]);
  });

  test("do not draw over a question", () => {
    let asking = false;
    const { output, screen } = fake();
    const lines = liveLines(output, ["mom"], { plain: "silent", busy: () => asking });
    asking = true;
    output.err("password: ");
    lines.update("mom", "asking");
    vi.advanceTimersByTime(5000);
    expect(screen.lines()).toEqual(["mom  waiting", "password:"]);
    asking = false;
    output.err("\n");
    lines.update("mom", "counting");
    expect(screen.lines()).toEqual(["mom  waiting", "password:", "mom  counting (5 s)"]);
    lines.finish();
  });

  test("let no control character through", () => {
    const { output, screen } = fake();
    const lines = liveLines(output, ["mom"]);
    lines.update("mom", "\u001b[2Jgone\n");
    expect(screen.lines()).toEqual([String.raw`mom  \x1b[2Jgone\x0a`]);
    lines.finish();
  });
});

describe("live lines off a terminal", () => {
  test("are silent by default", () => {
    const { output, screen } = fake({ live: false });
    const lines = liveLines(output, ["mom"]);
    lines.update("mom", "asking");
    lines.done("mom", "ok");
    lines.finish();
    expect(screen.raw).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("are one plain line for each finished node where that is wanted", () => {
    const { output, screen } = fake({ live: false });
    const lines = liveLines(output, ["home", "mom"], { plain: "lines" });
    lines.update("mom", "planning");
    lines.done("mom", "3 steps done");
    lines.done("home", "nothing to do");
    lines.finish();
    expect(screen.raw).toBe("mom: 3 steps done\nhome: nothing to do\n");
  });
});

function fake(options: { columns?: number; really?: number; live?: boolean } = {}) {
  const { columns = 80, live = true } = options;
  const screen = new Screen(options.really ?? columns);
  const controller = new AbortController();
  const output = {
    err: (text: string) => screen.write(text),
    terminal: { live, columns },
    now: () => Date.now(),
    signal: controller.signal,
  };
  return { output, screen, abort: () => controller.abort() };
}
