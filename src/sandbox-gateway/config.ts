/**
 * Decides which variables start the sandbox gateway and refuses a start that lacks one. The only file of the sandbox
 * that reads the environment.
 */
export interface GatewayOptions {
  databaseUrl: string;
  /** 0 takes a free port. */
  port: number;
  host?: string | undefined;
  webhookUrl?: string | undefined;
  webhookSecret: string;
}

export const USAGE = `Sandbox gateway: speaks the part of Stripe's HTTP API that the billing service uses, on its own database.

  SANDBOX_DATABASE_URL    PostgreSQL database of its own (required)
  SANDBOX_PORT            port to listen on; 0 or absent takes a free one
  SANDBOX_HOST            address to listen on (127.0.0.1)
  SANDBOX_WEBHOOK_URL     where signed events are sent; absent sends none
  SANDBOX_WEBHOOK_SECRET  secret that signs them (whsec_sandbox)
`;

export function readConfig(): GatewayOptions {
  const databaseUrl = process.env['SANDBOX_DATABASE_URL'];
  if (!databaseUrl) throw new Error('SANDBOX_DATABASE_URL is missing');
  const port = Number(process.env['SANDBOX_PORT'] || 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('SANDBOX_PORT must be a port number');
  return {
    databaseUrl,
    port,
    host: process.env['SANDBOX_HOST'] || undefined,
    webhookUrl: process.env['SANDBOX_WEBHOOK_URL'] || undefined,
    webhookSecret: process.env['SANDBOX_WEBHOOK_SECRET'] || 'whsec_sandbox',
  };
}
