#!/usr/bin/env node
"use strict";

// What scripts ask for in a loop is answered before any module is loaded: that is most of what it takes. Whatever stands in
// the way of it, as a full disk, is told by the program itself.
if (!saysVersion(process.argv.slice(2))) void import("../dist/cli.js");

function saysVersion(words) {
  if (words.length !== 1 || (words[0] !== "--version" && words[0] !== "-V")) return false;
  try {
    require("node:fs").writeSync(1, `${require("../package.json").version}\n`);
    return true;
  } catch {
    return false;
  }
}
