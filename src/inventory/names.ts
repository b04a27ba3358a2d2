/** What is wrong with a node's name: it becomes a folder, a part of unit texts and a word on the command line. */
export function nodeNameProblem(name: string): string | undefined {
  if (name === "laptop") return "is the name of the machine that pimesh runs on; a node needs another one";
  if (/^[a-z0-9][a-z0-9-]{0,62}$/.test(name)) return undefined;
  const suggested = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const meant = suggested === "" || suggested.length > 63 ? "" : ` (did you mean ${suggested}?)`;
  return `is not a node name: at most 63 of a-z, 0-9 and dashes, a dash not first${meant}`;
}

/** What is wrong with a login name: useradd's rules and directory services' dots, nothing that is an option of ssh. */
export function userProblem(user: string): string | undefined {
  if (/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/.test(user)) return undefined;
  return "is not a login name: at most 32 of A-Z a-z 0-9 . _ -, a letter or _ first";
}

/** What is wrong with the name of another device of the family. */
export function peerNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return undefined;
  return "is not a name: at most 63 of A-Z a-z 0-9 . _ -, a letter or digit first";
}
