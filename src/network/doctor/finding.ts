/** One thing that the doctor has looked at. */
export interface Finding {
  level: "ok" | "note" | "problem";
  /** What was looked at: "forwarding", "port 8080/tcp". */
  about: string;
  message: string;
  /** What to do about it; of a command the command itself. */
  cure?: string;
}

export const fine = (about: string, message: string): Finding => ({ level: "ok", about, message });
export const note = (about: string, message: string, cure?: string): Finding => ({
  level: "note",
  about,
  message,
  ...(cure ? { cure } : {}),
});
export const problem = (about: string, message: string, cure: string): Finding => ({
  level: "problem",
  about,
  message,
  cure,
});
