// Workflows of eight steps that do nothing, on DBOS.
//   node runs.mjs steps URL RUNS SECONDS   RUNS at once, each begun anew when it ends; prints steps a second
//   node runs.mjs hold URL RUNS            begins RUNS, prints `held` when each has four steps done, and waits for ever
//   node runs.mjs recover URL RUNS         recovers these; prints seconds until all have ended
import { DBOS } from '@dbos-inc/dbos-sdk';

const STEPS = 8;
const [task, url, runs, seconds] = process.argv.slice(2);
const count = Number(runs);
let halfway = 0;
let done = 0;

async function step() {
  ++done;
}
async function workflow() {
  for (let i = 0; i < STEPS; ++i) {
    await DBOS.runStep(step, { name: `step${i}` });
    if (task === 'hold' && i === STEPS / 2 - 1) {
      if (++halfway === count) console.log('held');
      await new Promise(() => {});
    }
  }
}
const registered = DBOS.registerWorkflow(workflow, { name: 'workflow' });
const begin = (workflowID) => DBOS.startWorkflow(registered, { workflowID })();

async function steps() {
  const loop = async () => {
    for (;;) await (await DBOS.startWorkflow(registered)()).getResult();
  };
  for (let i = 0; i < count; ++i) void loop();
  // For so long, or until as many steps are done as there are runs.
  const measured = async (milliseconds) => {
    const [before, start] = [done, performance.now()];
    while (performance.now() - start < milliseconds || done - before < count) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return ((done - before) * 1000) / (performance.now() - start);
  };
  await measured(1000);  // until it is warm
  console.log(Math.round(await measured(Number(seconds) * 1000)));
  process.exit();
}

async function hold() {
  await Promise.all(Array.from({ length: count }, (_, i) => begin(`held-${i}`)));
  await new Promise(() => {});
}

async function recover(start) {
  const unfinished = () => DBOS.listWorkflows({ status: ['PENDING', 'ENQUEUED'], limit: 1 });
  while ((await unfinished()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(((performance.now() - start) / 1000).toFixed(2));
}

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error' });
const start = performance.now();
await DBOS.launch();
await { steps, hold, recover }[task](start);
await DBOS.shutdown();
