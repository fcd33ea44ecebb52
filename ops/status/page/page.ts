import type { Report } from "../report.ts";

export function renderPage(report: Report): string {
  return JSON.stringify(report);
}
