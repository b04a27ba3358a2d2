import { expect, test } from "vitest";
import { losesChannels } from "../../src/ssh/lanes.ts";

test.each([
  ["OpenSSH_9.2p1 Debian-2+deb12u10", false],
  ["dropbear_2020.81", false],
  ["dropbear_2022.82", true],
  ["dropbear_2022.83", true],
  ["dropbear_2024.85", true],
  ["dropbear_2024.86", false],
  ["dropbear_2025.88", false],
  ["dropbear", true],
])("%s loses channels that are opened beside others: %s", (software, loses) => {
  expect(losesChannels(software)).toBe(loses);
});
