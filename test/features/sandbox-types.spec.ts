/**
 * The sandbox's answers against Stripe's published types: one object of every kind, as it is answered, is written down as a
 * literal of the SDK's own type and compiled. A field that is missing, of another type, or not Stripe's is an error.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Stripe from 'stripe';
import ts from 'typescript';
import { createSandboxGateway, type SandboxGateway } from '../../src/sandbox-gateway/sandbox-gateway.js';
import { createDatabase, dropDatabases } from '../support/database.js';

let gateway: SandboxGateway;
let stripe: Stripe;

beforeAll(async () => {
  const databaseUrl = await createDatabase('sandbox_types');
  gateway = await createSandboxGateway({ databaseUrl, port: 0, webhookSecret: 'whsec_types' });
  const { hostname: host, port } = new URL(gateway.url);
  stripe = new Stripe('rk_test_types', { host, port, protocol: 'http', maxNetworkRetries: 0 });
});
afterAll(async () => {
  await gateway.close();
  await dropDatabases();
});

/** What is wrong with them, by the compiler; the line names the object. */
function faultsOf(objects: [name: string, type: string, object: unknown][]): string[] {
  const lines = objects.map(([name, type, object]) => `export const ${name}: ${type} = ${JSON.stringify(object)};`);
  const file = path.resolve('test/features/compiled-from-answers.ts');
  const text = [`import type Stripe from 'stripe';`, ...lines].join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target) => (name === file ? ts.createSourceFile(name, text, target) : read(name, target));
  host.fileExists = (name) => name === file || ts.sys.fileExists(name);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const at = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    return `${objects[at - 1]?.[0] ?? 'all'}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  });
}

/** As the raw answer has it, without what the SDK adds. */
async function raw(place: string): Promise<unknown> {
  const answer = await fetch(`${gateway.url}/v1/${place}`, { headers: { authorization: 'Bearer sk_test_types' } });
  expect({ place, status: answer.status }).toEqual({ place, status: 200 });
  return answer.json();
}

const idOf = (method: string | { id: string } | null): string =>
  typeof method === 'string' ? method : (method?.id ?? '');

const door = (place: string, body: object = {}): Promise<Response> =>
  fetch(`${gateway.url}/sandbox/${place}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it('answers objects of every kind in the types of the SDK, without a field too many', async () => {
  const { id: customer } = await stripe.customers.create({ metadata: { userId: 'u1' } });
  const params = { customer, payment_method: 'pm_card_visa', confirm: true } as const;
  const setup = await stripe.setupIntents.create({ ...params, usage: 'off_session' });
  const asked = await stripe.setupIntents.create({
    ...params,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
  });
  const paid = await stripe.paymentIntents.create({
    ...params,
    amount: 4999,
    currency: 'eur',
    setup_future_usage: 'off_session',
  });
  const waiting = await stripe.paymentIntents.create({
    ...params,
    payment_method: 'pm_card_authenticationRequired',
    amount: 4999,
    currency: 'eur',
  });
  const declined = await stripe.paymentIntents
    .create({ ...params, payment_method: 'pm_card_chargeDeclinedLostCard', amount: 4999, currency: 'eur' })
    .catch((error: Stripe.errors.StripeError) => error.payment_intent!);
  const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 100 });
  const pending = await stripe.paymentIntents.create({
    ...params,
    payment_method: 'pm_card_pendingRefund',
    amount: 4999,
    currency: 'eur',
  });
  const pendingRefund = await stripe.refunds.create({ payment_intent: pending.id });
  const bounced = await stripe.refunds.create({ payment_intent: paid.id, amount: 100 });
  expect((await door(`refunds/${bounced.id}/failure`)).status).toBe(200);
  expect((await door('disputes', { paymentIntent: paid.id, amount: 1000 })).status).toBe(200);
  expect((await door('disputes', { paymentIntent: paid.id, amount: 500, inquiry: true })).status).toBe(200);
  expect((await door(`payment_intents/${paid.id}/fraud_warning`)).status).toBe(200);
  const list = async (place: string): Promise<unknown[]> =>
    ((await raw(`${place}?limit=100`)) as { data: unknown[] }).data;

  const objects: [name: string, type: string, object: unknown][] = [
    ['customer', 'Stripe.Customer', await raw(`customers/${customer}`)],
    ['setup', 'Stripe.SetupIntent', await raw(`setup_intents/${setup.id}`)],
    ['askedSetup', 'Stripe.SetupIntent', await raw(`setup_intents/${asked.id}`)],
    ['method', 'Stripe.PaymentMethod', await raw(`payment_methods/${idOf(setup.payment_method)}`)],
    ['paid', 'Stripe.PaymentIntent', await raw(`payment_intents/${paid.id}`)],
    ['waiting', 'Stripe.PaymentIntent', await raw(`payment_intents/${waiting.id}`)],
    ['declined', 'Stripe.PaymentIntent', await raw(`payment_intents/${declined.id}`)],
    ['refund', 'Stripe.Refund', await raw(`refunds/${refund.id}`)],
    ['pendingRefund', 'Stripe.Refund', await raw(`refunds/${pendingRefund.id}`)],
    ['bounced', 'Stripe.Refund', await raw(`refunds/${bounced.id}`)],
    ['charges', 'Stripe.Charge[]', await list('charges')],
    ['disputes', 'Stripe.Dispute[]', await list('disputes')],
    ['transactions', 'Stripe.BalanceTransaction[]', await list('balance_transactions')],
    ['warnings', 'Stripe.Radar.EarlyFraudWarning[]', await list('radar/early_fraud_warnings')],
  ];
  const deleted = await stripe.customers.create({});
  await stripe.customers.del(deleted.id);
  objects.push(['gone', 'Stripe.DeletedCustomer', await raw(`customers/${deleted.id}`)]);
  for (const [index, event] of (await list('events')).entries()) {
    const { type } = event as { type: string };
    const name = `${type
      .split(/[._]/)
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join('')}Event`;
    objects.push([`event${index}`, `Stripe.${name}`, event]);
  }
  expect(objects.length).toBeGreaterThan(35);
  expect(faultsOf(objects)).toEqual([]);
}, 120_000);

it('would notice a field too many, one that is missing and one of another type', () => {
  const dispute = { id: 'x', object: 'dispute' };
  expect(
    faultsOf([['bad', 'Stripe.DeletedCustomer', { id: 'c', object: 'customer', deleted: true, more: 1 }]]),
  ).toHaveLength(1);
  expect(faultsOf([['bad', 'Stripe.Dispute', dispute]])).toHaveLength(1);
  expect(faultsOf([['bad', 'Stripe.DeletedCustomer', { id: 1, object: 'customer', deleted: true }]])).toHaveLength(1);
  expect(JSON.parse(readFileSync('node_modules/stripe/package.json', 'utf8'))).toMatchObject({
    version: (JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: { stripe: string } }).dependencies
      .stripe,
  });
});
