#!/usr/bin/env node
"use strict";

// What scripts ask for in a loop, and people first, is answered before any module is loaded: that is most of what it takes.
// Whatever stands in the way of it, as a full disk, is told by the program itself.
if (!isAnswered(process.argv.slice(2))) void import("../dist/cli.js");

function isAnswered(words) {
  if (words.length !== 1) return false;
  try {
    const answer = answerTo(words[0]);
    if (answer === undefined) return false;
    for (let at = 0; at < answer.length;) at += require("node:fs").writeSync(1, answer, at);
    return true;
  } catch {
    return false;
  }
}

function answerTo(word) {
  switch (word) {
    case "--version":
    case "-V":
      return Buffer.from(`${require("../package.json").version}\n`);
    case "--help":
    case "-h":
    case "help":
      // The build has kept what the program says where nobody watches, in 80 columns; other terminals get other lines.
      if (require("node:tty").isatty(1) && process.stdout.columns !== 80) return undefined;
      return require("node:fs").readFileSync(`${__dirname}/../dist/help.txt`);
    default:
      return undefined;
  }
}
