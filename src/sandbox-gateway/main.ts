/**
 * Process entry of the sandbox gateway. Tells a parent its URL over IPC and ends with that parent, however it ends.
 */
import { readConfig, USAGE } from './config.js';
import { createSandboxGateway } from './sandbox-gateway.js';

async function start(): Promise<void> {
  const gateway = await createSandboxGateway(readConfig());
  const stop = (): void => {
    gateway.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (process.send === undefined) {
    process.stdout.write(`sandbox gateway listening on ${gateway.url}\n`);
    return;
  }
  // A parent killed with -9 cannot say goodbye; the closed channel does.
  process.once('disconnect', stop);
  process.send({ url: gateway.url });
}

if (process.argv.includes('--help')) {
  process.stdout.write(USAGE);
} else {
  start().catch((error: unknown) => {
    process.stderr.write(`sandbox gateway: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
