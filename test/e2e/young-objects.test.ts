import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, inject, it } from "vitest";
import { until } from "../support/until.js";

/** At a signal, makes objects that all live on, each kind in a function of its own, and tells of each kind where the next one is allocated. */
const SURVIVORS = `
  process.on("SIGUSR2", () => {
    const young = [];
    for (let kind = 0; kind < 5; kind += 1) {
      const make = new Function("i", "return { kind: " + kind + ", numbers: [i, i + 1] };");
      const kept = [];
      for (let i = 0; i < 500_000; i += 1) kept.push(make(i));
      young.push(%InYoungGeneration(make(0)));
    }
    console.log("young: " + JSON.stringify(young));
  });
`;

it("allocates objects among the young, however many of their kind have lived on", async () => {
  const probe = `data:text/javascript,${encodeURIComponent(SURVIVORS)}`;
  const args = ["--allow-natives-syntax", "--import", probe, inject("serverFile")];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, PORT: "0", HOST: "127.0.0.1", MODELARTS_ENDPOINT: "http://127.0.0.1:9" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  try {
    await until("it listens", () => output.includes('"msg":"listening"'));
    child.kill("SIGUSR2");
    await until("it has told", () => output.includes("young: "));
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
  expect(output).toContain("young: [true,true,true,true,true]");
});
