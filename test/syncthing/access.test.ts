import { expect, test } from "vitest";
import { readAccess } from "../../src/syncthing/access.ts";

const gui = (address: string, more = ""): string =>
  `<gui enabled="true" tls="false"${more}>\n        <address>${address}</address>\n        <apikey>k3y</apikey>\n    </gui>`;

test("the key and the address come from the configuration of 1.19.2", () => {
  const config = `<configuration version="36">
    <!-- <gui enabled="true"><apikey>old</apikey></gui> -->
    <folder id="a" label="&#xE4; &lt;" path="/x"><filesystemType>basic</filesystemType></folder>
    ${gui("127.0.0.1:8384")}
    <ldap></ldap>
</configuration>`;
  expect(readAccess(config)).toEqual({
    apiKey: "k3y",
    address: { kind: "tcp", host: "127.0.0.1", port: 8384, loopback: true },
    tls: false,
  });
});

test.each([
  ["127.0.0.1:8384", "127.0.0.1", 8384, true],
  ["localhost:1", "localhost", 1, true],
  ["[::1]:8384", "::1", 8384, true],
  ["0.0.0.0:8384", "127.0.0.1", 8384, false],
  ["[::]:8384", "127.0.0.1", 8384, false],
  [":8384", "127.0.0.1", 8384, false],
  ["http://192.168.1.5:8385/", "192.168.1.5", 8385, false],
])("%s is spoken to at %s:%i", (text, host, port, loopback) => {
  expect(readAccess(gui(text))).toMatchObject({ address: { kind: "tcp", host, port, loopback } });
});

test.each(["/run/user/1000/st.sock", "unix:///run/user/1000/st.sock"])("%s is a socket's path", (text) => {
  expect(readAccess(gui(text))).toMatchObject({ address: { kind: "unix", path: "/run/user/1000/st.sock" } });
});

test.each([
  [gui("127.0.0.1"), /GUI address that cannot be read/],
  [gui("127.0.0.1:0"), /GUI address that cannot be read/],
  [gui("127.0.0.1:8384").replace("true", "false"), /GUI switched off/],
  [gui("127.0.0.1:8384").replace("k3y", ""), /no API key/],
  [gui("127.0.0.1:8384").replace("k3y", "k&#10;y"), /blanks or letters/],
  ["<html></html>", /no configuration of Syncthing/],
  ["", /holds no element/],
])("%s leaves nobody to speak to", (config, problem) => {
  expect(readAccess(config)).toMatch(problem);
});

test("TLS is known", () => {
  expect(readAccess(gui("127.0.0.1:8384").replace('tls="false"', 'tls="true"'))).toMatchObject({ tls: true });
});
