import { markersOf, overview, uidOf, type Watched } from "./overview.ts";
import type { Dashboard, Row } from "./spec.ts";

/** Every dashboard of a stack: the overview, and the system's own where it has panels. */
export function dashboardsOf(watched: Watched, panels: readonly Row[]): readonly Dashboard[] {
  if (panels.length === 0) return [overview(watched)];
  const own: Dashboard = {
    uid: uidOf(watched.name, "product"),
    title: watched.title,
    about: `What ${watched.title} measures itself.`,
    rows: panels,
    markers: markersOf([...watched.http, ...watched.tcp]),
  };
  return [overview(watched), own];
}
