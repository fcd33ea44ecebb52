import "../index.ts";
