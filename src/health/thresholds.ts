/** From where on status calls something wrong. One place, so that the words and the checks cannot differ. */
export const thresholds = {
  /** A root file system with less free stops logins and logs first, then the engine's database. */
  cardFree: 200 * 1024 * 1024,
  /** Less than this, or less than a hundredth of the disk. */
  diskFree: 1024 ** 3,
  diskFreeShare: 0.01,
  /** With less the disk-guard starts no engine. */
  diskFull: 16 * 1024 ** 2,
  inodesFreeShare: 0.01,
  /** The sync engines compare times; BTSync refused peers that were off by 600 s. */
  clockSeconds: 60,
  /** What an engine means to delete is told from more than this on, or than this share of what it holds: the brake's own numbers. */
  deletes: 1000,
  deletesShare: 0.1,
  /** An engine and a count of the disk may differ by so many files, or by this share: what comes and goes meanwhile. */
  apart: 10,
  apartShare: 0.001,
  /** Degrees Celsius: every model slows down from here. */
  temperature: 80,
} as const;
