import { contentOf, type Proof } from "../../components/proof/spec.ts";
import { describeWindow, inZone, isOpen, nextOpening, type Window } from "../../components/proof/window.ts";
import type { Receiver } from "./receiver.ts";
import { provingOn, type Refusal, setting } from "./refusal.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** What only the clock is against. A stack that was promoted by these very things already may be mended at any hour. */
export function timeRefusals(proof: Proof, { promoted, settings }: Receiver, now: Date): readonly Refusal[] {
  if (promoted === contentOf(proof)) return [];
  const { promotion, stack } = settings;
  const age = now.getTime() - Date.parse(proof.provedAt);
  return [
    ...soakRefusal(proof, age, promotion.soakMinutes, stack),
    ...ageRefusal(proof, age, promotion.maxAgeHours),
    ...windowRefusal(promotion.window, promotion.override, stack, now),
  ].map((one) => ({ ...one, time: true }));
}

function soakRefusal(proof: Proof, age: number, soakMinutes: number, stack: string): readonly Refusal[] {
  const missing = soakMinutes * minuteMs - age;
  if (missing <= 0) return [];
  const ready = new Date(Date.parse(proof.provedAt) + soakMinutes * minuteMs);
  return [
    {
      what: `the proof of stack ${proof.stack} is ${lasting(Math.max(0, age))} old and must have soaked for ${lasting(soakMinutes * minuteMs)}`,
      mend: `wait until ${ready.toISOString()}, then the same command; to want less: ${setting("promotion.soakMinutes", String(Math.max(0, Math.floor(age / minuteMs))), stack)}`,
    },
  ];
}

function ageRefusal(proof: Proof, age: number, maxAgeHours: number): readonly Refusal[] {
  if (age <= maxAgeHours * hourMs) return [];
  return [
    {
      what: `the proof is ${lasting(age)} old, at most ${lasting(maxAgeHours * hourMs)} are taken`,
      mend: `prove it again: ${setting("proof.renew", "<today>", proof.stack)} && ${provingOn(proof.stack)}`,
    },
  ];
}

function windowRefusal(
  window: Window | undefined,
  override: string | undefined,
  stack: string,
  now: Date,
): readonly Refusal[] {
  if (window === undefined || override !== undefined || isOpen(window, now)) return [];
  const next = nextOpening(window, now);
  const when =
    next === undefined
      ? "it does not open in the next week"
      : `it opens next at ${inZone(next, window.timeZone)} there, ${next.toISOString()}`;
  return [
    {
      what: `the deployment window is closed (${describeWindow(window)}; there it is ${inZone(now, window.timeZone)}): ${when}`,
      mend: `wait for it; or say why not: ${setting("promotion.override", "<reason>", stack)}`,
    },
  ];
}

/** `3 h 20 min`, `7 d`. */
function lasting(ms: number): string {
  const minutes = Math.floor(ms / minuteMs);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours < 48) return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
