// Stops what global-setup started, after passed and failed runs alike; it decides nothing.
export default async function globalTeardown(): Promise<void> {
  await globalThis.testPostgres?.stop();
  globalThis.testPostgres = undefined;
}
