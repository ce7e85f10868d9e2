const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** Ends the program on ctrl-C and SIGTERM with the shell's code for it, running what is to be done at exit. */
export function endOnSignal(): void {
  for (const [signal, number] of Object.entries(NUMBERS))
    process.once(signal, () => process.exit(128 + number));
}
