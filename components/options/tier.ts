/** How large the parts are, smallest first. */
export const tierNames = ["small", "medium", "large"] as const;
export type Tier = (typeof tierNames)[number];
