/** The layers of the database, in the order in which data flows through them. */
export const LAYERS = ["bronze", "bronzehistory", "silver", "gold"] as const;

/** One of the layers of the database. */
export type Layer = (typeof LAYERS)[number];

/** How long the longest name is, for columns. */
export const LAYER_WIDTH = Math.max(...LAYERS.map((layer) => layer.length));
