/** The reference application on PostgreSQL with a path that users must not reach, and a port of raw TCP. */
import orders from "../../workloads/orders/system.ts";

export const hidden = "/health";

export default {
  options: orders.options,
  system: (settings: Parameters<typeof orders.system>[0]) => {
    const system = orders.system(settings);
    const routes = system.routes.map((route) => ({ ...route, private: [hidden] }));
    return { ...system, routes, tcp: [{ alias: "web", port: 9090, listen: 3001 }] };
  },
};
