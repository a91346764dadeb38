export { type Change, publish, recover } from "./publish.ts";
export { lockCheckout } from "./lock.ts";
