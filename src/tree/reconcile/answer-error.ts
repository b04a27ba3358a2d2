/** A side gave an answer that cannot be right: cut off, out of turn, or against itself. Pure code knows no node. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}
