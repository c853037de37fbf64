/**
 * Preloaded by tests (NODE_OPTIONS=--import) with CODILENS_TEST_LOSE_GPU=N: the computing process loses its GPU in the middle of its Nth job, as
 * where a driver is restarted.
 */

const { CODILENS_TEST_LOSE_GPU: order } = process.env;
/** Batches of commands of that job that are computed. */
const SOUND = 3;

if (order !== undefined && process.argv[1]?.endsWith("compute-child.js")) {
  let jobs = 0;
  process.on("message", ({ kind }) => {
    if (kind === "compute") jobs += 1;
  });
  const { globals } = await import("webgpu");
  const { requestDevice } = globals.GPUAdapter.prototype;
  globals.GPUAdapter.prototype.requestDevice = async function (...given) {
    const device = await requestDevice.apply(this, given);
    loseWhen(device, () => jobs === Number(order));
    return device;
  };
}

function loseWhen(device, isDue) {
  const { queue } = device;
  const submit = queue.submit.bind(queue);
  let count = 0;
  queue.submit = (commands) => {
    if (isDue()) count += 1;
    if (count > SOUND) device.destroy();
    submit(commands);
  };
}
