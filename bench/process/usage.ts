import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process has used so far. */
export interface Usage {
  /** Of all its threads, in user and system mode. */
  cpuSeconds: number;
  residentMiB: number;
}

const KIB_PER_MIB = 1024;

function ticksPerSecond(): number {
  return Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
}

let tick: number | undefined;

/** From /proc: fields 14 and 15 of `stat` are utime and stime, proc(5). */
function fromProc(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  tick ??= ticksPerSecond();
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / tick,
    residentMiB: Number(resident) / KIB_PER_MIB,
  };
}

/** "[[days-]hours:]minutes:seconds[.hundredths]" as `ps` writes it. */
function secondsOf(time: string): number {
  const [clock = "", days = "0"] = time.split("-").toReversed();
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

/** Where there is no /proc (macOS); coarser. */
function fromPs(pid: number): Usage {
  const line = execFileSync("ps", ["-o", "time=,rss=", "-p", String(pid)], { encoding: "utf8" });
  const [time = "", rss = ""] = line.trim().split(/\s+/);
  return { cpuSeconds: secondsOf(time), residentMiB: Number(rss) / KIB_PER_MIB };
}

/** @throws Error when that process has ended */
export function usageOf(pid: number): Usage {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}
