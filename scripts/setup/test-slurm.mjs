/** Slurm on this machine alone, which only tests need: its own folder and ports, without munge, cgroups or systemd. */

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { exists, say } from "./places.mjs";

const MOST_MS = 20_000;
const LEFT_OUT = "tests of Slurm are left out";

/** Path of one of Slurm's programs, null where it is not installed. Debian keeps daemons in a folder that users have not on their PATH. */
export function slurmProgram(name, env = process.env) {
  const folders = [...(env.PATH ?? "").split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => path !== name && exists(path)) ?? null;
}

/**
 * Starts it once, where it is installed: a machine may not let it run.
 *
 * @returns `["slurm"]` where it does not start; `npm test` leaves out what needs it, and says so.
 */
export async function ensureTestSlurm(env = process.env) {
  if (slurmProgram("slurmctld", env) === null) return ["slurm"];
  const folder = mkdtempSync(join(tmpdir(), "codilens-slurm-"));
  try {
    await (await startSlurm(folder, { env })).stop();
    return [];
  } catch (error) {
    say(`${LEFT_OUT}: ${error.message}`);
    return ["slurm"];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param folder empty, for its files. @param options `cores` and `memory` (MiB) of its one node, which need not be there.
 * @returns `env`, with which its commands find it, `log`, what its controller did, and `stop`.
 */
export async function startSlurm(folder, { env = process.env, cores = 4, memory = 16_000 } = {}) {
  const conf = join(folder, "slurm.conf");
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
  const ports = await freePorts(2);
  writeFileSync(conf, `${configuration({ folder, ports, cores, memory }).join("\n")}\n`);
  const own = { ...env, SLURM_CONF: conf };
  const daemons = [];
  const stop = async () => {
    spawnSync("scancel", ["--full", "--user", userInfo().username], { env: own });
    await Promise.all(daemons.reverse().map(ended));
  };
  try {
    daemons.push(daemon("slurmctld", ["-D", "-f", conf], { folder, env: own }));
    daemons.push(daemon("slurmd", ["-D", "-N", "localhost", "-f", conf, "-d", stepProgram(env)], { folder, env: own }));
    await idle(folder, own);
    return { env: own, stop, log: () => readFileSync(join(folder, "slurmctld.log"), "utf8") };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configuration({ folder, ports: [controller, node], cores, memory }) {
  const user = userInfo().username;
  return [
    "ClusterName=test",
    "SlurmctldHost=localhost(127.0.0.1)",
    `SlurmctldPort=${controller}`,
    `SlurmdPort=${node}`,
    "AuthType=auth/none",
    "CredType=cred/none",
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SwitchType=switch/none",
    "JobAcctGatherType=jobacct_gather/none",
    "AccountingStorageType=accounting_storage/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core_Memory",
    "ReturnToService=2",
    "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny",
    "SlurmdParameters=config_overrides",
    "MailProg=/bin/true",
    "KillWait=5",
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    `StateSaveLocation=${join(folder, "state")}`,
    `SlurmdSpoolDir=${join(folder, "spool")}`,
    `SlurmctldPidFile=${join(folder, "slurmctld.pid")}`,
    `SlurmdPidFile=${join(folder, "slurmd.pid")}`,
    `SlurmctldLogFile=${join(folder, "slurmctld.log")}`,
    `SlurmdLogFile=${join(folder, "slurmd.log")}`,
    `NodeName=localhost NodeAddr=127.0.0.1 CPUs=${cores} RealMemory=${memory} State=UNKNOWN`,
    "PartitionName=p Nodes=localhost Default=YES State=UP",
  ];
}

/** Debian's programs have other names than the ones that Slurm was built to look for. */
function stepProgram(env) {
  const real = realpathSync(slurmProgram("slurmd", env));
  return join(dirname(real), basename(real).replace("slurmd", "slurmstepd"));
}

function daemon(name, args, { env }) {
  return spawn(slurmProgram(name, env), args, { env, stdio: "ignore" });
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise((done) => child.once("close", done));
  child.kill("SIGTERM");
  const last = setTimeout(() => child.kill("SIGKILL"), 5000);
  return gone.finally(() => clearTimeout(last));
}

async function idle(folder, env) {
  const until = Date.now() + MOST_MS;
  while (Date.now() < until) {
    const { stdout, error } = spawnSync("sinfo", ["--noheader", "--format=%T"], {
      env,
      encoding: "utf8",
      timeout: 5000,
    });
    if (error?.code === "ENOENT") throw new Error("Slurm's command sinfo is not installed");
    if (stdout?.trim() === "idle") return;
    await new Promise((wait) => setTimeout(wait, 200));
  }
  throw new Error(`Slurm does not start here (${lastWords(folder)})`);
}

function lastWords(folder) {
  const lines = ["slurmd.log", "slurmctld.log"].flatMap((name) =>
    exists(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim().split("\n") : [],
  );
  return lines.findLast((line) => /error|fatal/.test(line)) ?? "it says no reason";
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map((server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)))),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
