/** The reference application on PostgreSQL with a Redis that it does not use: so that every exporter has something to ask. */
import orders from "../../workloads/orders/system.ts";

export default {
  options: orders.options,
  system: (settings: Parameters<typeof orders.system>[0]) => ({
    ...orders.system(settings),
    redis: { enabled: true },
  }),
};
