export { createFront, type Front } from "./front.js";
