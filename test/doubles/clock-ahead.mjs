// For `node --import`: the clock of this process is so many days ahead of the machine's, or behind it. Only Date: what is measured is as ever.
const days = Number(process.env.TEST_CLOCK_DAYS ?? 0);
process.stderr.write(`test double: the clock of this process is ${days} days ahead\n`);
const Real = Date;
const now = () => Real.now() + days * 86_400_000;
globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length === 0 ? [now()] : parts));
  }
  static now = now;
};
