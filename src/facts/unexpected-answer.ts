/** A node answered something that a parser cannot read: the fact has failed, with this message as its reason. */
export class UnexpectedAnswer extends Error {
  override readonly name = "UnexpectedAnswer";

  constructor(wanted: string, got: string) {
    const start = got.trim().slice(0, 80);
    super(`not ${wanted}: ${start === "" ? "nothing" : JSON.stringify(start)}`);
  }
}
