import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAddress } from "../../src/inventory/address.ts";

describe("parseAddress", { timeout: 30_000 }, () => {
  test.each<[string, string, number | undefined]>([
    ["home", "home", undefined],
    ["home.example.org", "home.example.org", undefined],
    ["home.example.org:2222", "home.example.org", 2222],
    ["home_pi.local", "home_pi.local", undefined],
    ["xn--mnchen-3ya.example", "xn--mnchen-3ya.example", undefined],
    ["192.0.2.7", "192.0.2.7", undefined],
    ["192.0.2.7:22", "192.0.2.7", 22],
    ["::1", "::1", undefined],
    ["2001:db8::7", "2001:db8::7", undefined],
    ["2001:db8::7:2222", "2001:db8::7:2222", undefined],
    ["[2001:db8::7]", "2001:db8::7", undefined],
    ["[2001:db8::7]:2222", "2001:db8::7", 2222],
    ["[fe80::1%eth0]:65535", "fe80::1%eth0", 65535],
    ["fe80::1%eth0", "fe80::1%eth0", undefined],
  ])("%s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port, text });
  });

  test.each<[string, string]>([
    ["", "is empty"],
    ["a b", "holds a blank; several addresses are a list: [one, two]"],
    ["a, b", "holds a blank; several addresses are a list: [one, two]"],
    ["pi@mom", "holds an @; the login name goes into user"],
    ["ssh://mom", "is a URL; an address is host or host:port"],
    ["-oProxyCommand=x", "is not a host name: letters, digits, dots and dashes"],
    ["-mom", "is not a host name"],
    [".mom", "is not a host name"],
    ["a..b", "is not a host name"],
    ["a;reboot", "is not a host name: letters, digits, dots and dashes"],
    ["münchen.example", "holds a letter outside ASCII; write the name's xn-- form"],
    ["mom:", "has a port that is not from 1 to 65535"],
    ["mom:0", "has a port that is not from 1 to 65535"],
    ["mom:65536", "has a port that is not from 1 to 65535"],
    ["mom:+22", "has a port that is not from 1 to 65535"],
    [":22", "is not a host name"],
    ["mom:22:33", "is no IPv6 address, and host:port has one colon"],
    ["[mom]:22", "holds no IPv6 address between [ and ]"],
    ["[2001:db8::7]:", "has a port that is not from 1 to 65535"],
    ["10.1", "is not an IPv4 address"],
    ["192.0.2.256", "is not an IPv4 address"],
  ])("refuses %j", (text, problem) => {
    expect(parseAddress(text)).toBe(problem);
  });

  test("a host can never be taken for an option or another word", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            "a",
            "0",
            "-",
            ".",
            "_",
            ":",
            "[",
            "]",
            "%",
            "@",
            " ",
            "/",
            ";",
            "$",
            "\n",
            "ä",
          ),
        }),
        (text) => {
          const result = parseAddress(text);
          if (typeof result === "string") return;
          expect(result.host).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});
